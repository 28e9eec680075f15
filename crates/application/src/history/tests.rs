//! The use case of histories.

use std::sync::Arc;

use mockall::predicate::eq;
use roster_domain::Deed;
use uuid::Uuid;

use super::Histories;
use crate::error::{Error, Missing};
use crate::ports::{ChangeRecord, HistoryEntry, HistoryEvent, MockHistoryStore, MockUserStore};
use crate::testing::{actor, ann, at, organization, user_id};

fn entry(number: u128) -> HistoryEntry {
    let id = Uuid::from_u128(number);
    let change = ChangeRecord {
        id,
        at: at(60),
        actor: actor(),
        deed: Deed::Created,
        fields: vec!["email".to_owned()],
        connection_id: None,
        version: 1,
    };
    HistoryEntry {
        id,
        event: HistoryEvent::Change(change),
    }
}

#[tokio::test]
async fn a_page_is_what_the_store_has_before_an_entry_and_nobody_asks_whether_the_user_is_still_there() {
    let mut store = MockHistoryStore::new();
    let before = Some(Uuid::from_u128(40));
    store
        .expect_history()
        .with(eq(organization().id), eq(user_id(1)), eq(before), eq(20))
        .times(1)
        .return_once(|_, _, _, _| Ok(vec![entry(39), entry(38)]));

    let page = Histories::new(Arc::new(store), Arc::new(MockUserStore::new()))
        .of_user(&organization(), user_id(1), before, 20)
        .await
        .expect("a page");

    assert_eq!(page, [entry(39), entry(38)]);
}

#[tokio::test]
async fn a_user_of_whom_nothing_is_kept_has_an_empty_history_and_a_stranger_is_not_found() {
    let mut store = MockHistoryStore::new();
    store.expect_history().times(2).returning(|_, _, _, _| Ok(Vec::new()));
    let mut users = MockUserStore::new();
    users
        .expect_user()
        .times(2)
        .returning(|_, id| Ok((id == user_id(1)).then(ann)));
    let histories = Histories::new(Arc::new(store), Arc::new(users));

    let hers = histories.of_user(&organization(), user_id(1), None, 20).await;
    assert_eq!(hers.expect("she is there"), []);
    let stranger = histories.of_user(&organization(), user_id(2), None, 20).await;
    assert!(matches!(stranger, Err(Error::NotFound(Missing::User))), "{stranger:?}");
}
