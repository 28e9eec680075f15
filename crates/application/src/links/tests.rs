//! Links: the same for ever, another one for everybody.

use std::sync::Arc;

use uuid::Uuid;

use super::Links;
use crate::error::{Error, Missing};
use crate::ports::MockOrganizationStore;
use crate::testing::{entropy, organization, user_id};

fn links(key: Option<[u8; 32]>) -> Links {
    let mut store = MockOrganizationStore::new();
    store
        .expect_link_key()
        .withf(|of, fresh| (*of, *fresh) == (organization().id, [7; 32]))
        .times(1)
        .returning(move |_, _| Ok(key));
    Links::new(Arc::new(store), entropy())
}

#[tokio::test]
async fn a_users_links_stay_and_the_key_is_read_once() {
    let links = links(Some([1; 32]));

    let first = links.of(&organization(), user_id(1)).await.expect("links");
    let again = links.of(&organization(), user_id(1)).await.expect("links");

    assert_eq!(first, again);
    assert_eq!(first.invite.get_version_num(), 8);
    assert_eq!(first.room.len(), 22);
    assert!(
        first
            .room
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
        "{}",
        first.room
    );
}

#[tokio::test]
async fn everybody_has_links_of_their_own_that_do_not_follow_from_the_id() {
    let (ours, theirs) = (links(Some([1; 32])), links(Some([2; 32])));

    let ann = ours.of(&organization(), user_id(1)).await.expect("links");
    let bo = ours.of(&organization(), user_id(2)).await.expect("links");
    let of_another_organization = theirs.of(&organization(), user_id(1)).await.expect("links");

    assert!(ann.invite != bo.invite && ann.room != bo.room);
    assert!(ann.invite != of_another_organization.invite && ann.room != of_another_organization.room);
    assert_ne!(ann.invite, Uuid::from_u128(1));
}

#[tokio::test]
async fn an_organization_that_is_gone_gives_no_links() {
    let failed = links(None).of(&organization(), user_id(1)).await;

    assert!(
        matches!(failed, Err(Error::NotFound(Missing::Organization))),
        "{failed:?}"
    );
}
