//! Everything that is sealed, to be sealed anew.

use roster_application::ports::{Sealed, SealedAt, Store};
use roster_domain::{Connection, OrganizationId, User};

use super::given::{self, after};

async fn all(store: &dyn Store) -> Vec<(SealedAt, Sealed)> {
    store.sealed(None, 100).await.expect("read")
}

async fn user_with_password(store: &dyn Store, organization: OrganizationId, number: u8) -> User {
    let user = given::new_user(organization, &given::external_id(&format!("E-{number}")));
    given::create(store, &user, Some(&given::password(number)))
        .await
        .expect("created");
    user
}

fn of(connection: &Connection) -> SealedAt {
    SealedAt::Connection(connection.organization_id, connection.id)
}

fn of_user(user: &User) -> SealedAt {
    SealedAt::Password(user.organization_id, user.id)
}

/// Credentials and initial passwords of all organizations, in order, a page at a time; whoever has none is passed over.
pub async fn what_is_sealed_is_listed_place_by_place(store: &dyn Store) {
    assert_eq!(all(store).await, []);
    let mut expected = Vec::new();
    for number in 0..3 {
        let organization = given::organization(store).await;
        let user = user_with_password(store, organization, number).await;
        expected.push((of_user(&user), given::password(number)));
        given::user(store, organization, "E-none").await;
        for _ in 0..2 {
            let connection = given::connection(store, organization).await;
            expected.push((of(&connection), given::credentials()));
        }
    }
    expected.sort_by_key(|(at, _)| *at);

    assert_eq!(all(store).await, expected);
    for limit in [1, 2, 4, 9] {
        let mut seen: Vec<(SealedAt, Sealed)> = Vec::new();
        loop {
            let page = store.sealed(seen.last().map(|(at, _)| *at), limit).await.expect("read");
            assert!(page.len() <= limit as usize);
            if page.is_empty() {
                break;
            }
            seen.extend(page);
        }
        assert_eq!(seen, expected, "{limit}");
    }
}

/// Neither the version nor what accounts must catch up with.
pub async fn what_is_sealed_anew_changes_nothing_else(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;
    let user = user_with_password(store, organization, 1).await;
    let account = given::account(store, &user).await;
    let anew = Sealed::new(vec![7, 7]);

    for (at, was) in all(store).await {
        assert!(store.reseal(&at, &was, &anew).await.expect("sealed anew"));
    }

    let expected = [(of(&connection), anew.clone()), (of_user(&user), anew.clone())];
    assert_eq!(all(store).await, expected);
    let found = store.connection(organization, connection.id).await.expect("read");
    assert_eq!(found, Some((connection, anew.clone())));
    assert_eq!(
        store.user(organization, user.id).await.expect("read"),
        Some(user.clone())
    );
    assert_eq!(given::account(store, &user).await, account);
    assert_eq!(given::claim(store, after(1)).await.password, Some(anew));
}

/// MUST: `false`, and nothing changed, where something else, or nothing, is there; and where nobody is.
pub async fn what_was_replaced_meanwhile_is_not_sealed_anew(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;
    let user = user_with_password(store, organization, 1).await;
    let without = given::user(store, organization, "E-none").await;
    let stranger = given::organization(store).await;
    let before = all(store).await;
    let (anew, was) = (Sealed::new(vec![7]), given::credentials());

    for (at, was) in [
        (of(&connection), Sealed::new(vec![8])),
        (of_user(&user), given::password(2)),
        (of_user(&without), given::password(1)),
        (SealedAt::Connection(stranger, connection.id), was),
        (SealedAt::Password(stranger, user.id), given::password(1)),
    ] {
        assert!(!store.reseal(&at, &was, &anew).await.expect("asked"), "{at:?}");
    }

    assert_eq!(all(store).await, before);
}
