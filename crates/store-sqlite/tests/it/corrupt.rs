//! Rows that somebody changed by hand.

use roster_application::ports::{
    AccountQueue, ApiClientStore, ConnectionStore, CustomerStore, DirectoryStore, GroupStore, HistoryStore,
    OrganizationStore, Settlement, StoreError, UserStore,
};
use roster_contract::store::{TestDatabase, given};
use roster_domain::UserChanges;
use roster_domain::scim::{Filter, Path, ResourceType};
use rstest::rstest;

use crate::database::Database;

#[rstest]
#[case("email", "UPDATE users SET email = 'no address'")]
#[case("external_id", "UPDATE users SET external_id = ''")]
#[case("npi", "UPDATE users SET npi = '1234567890'")]
#[case("roles", r#"UPDATE users SET roles = '["SURGEON"]'"#)]
#[case("roles", "UPDATE users SET roles = 'not JSON'")]
#[case("metadata", "UPDATE users SET metadata = '[1]'")]
#[case(
    "secondary_speech_locale",
    "UPDATE users SET secondary_speech_locale = speech_locale"
)]
#[case("default_session_type", "UPDATE users SET default_session_type = 'girp'")]
#[case("pronoun", "UPDATE users SET pronoun = ''")]
#[case("date_of_birth", "UPDATE users SET date_of_birth = '1984-02-30'")]
#[case("user_name", "UPDATE users SET user_name = ''")]
#[case("scim", "UPDATE users SET scim = '{\"title\": null}'")]
#[case("scim", "UPDATE users SET scim = '[]'")]
#[case("specialty_name", "UPDATE users SET specialty_kind = NULL")]
#[case("created_at", "UPDATE users SET created_at = 9223372036854775807")]
#[tokio::test]
async fn a_corrupt_user_is_an_error_that_names_table_column_and_id(#[case] column: &str, #[case] sql: &'static str) {
    let database = Database::fresh().await;
    let store = database.store().await;
    let organization = given::organization(&store).await;
    let user = given::new_user(organization, &given::every_field());
    given::create(&store, &user, None).await.unwrap();

    database.tamper(sql).await;

    let Err(StoreError::Corrupt {
        table,
        column: named,
        id,
        detail,
    }) = store.user(organization, user.id).await
    else {
        panic!("the row is corrupt")
    };
    assert_eq!((table, named, id), ("users", column, user.id.to_string()));
    assert!(
        !detail.contains("SURGEON") && !detail.contains("no address"),
        "the value is not repeated: {detail}"
    );
}

#[tokio::test]
async fn other_corrupt_rows_are_errors_that_name_table_and_column() {
    let database = Database::fresh().await;
    let store = database.store().await;
    let (connection, user) = given::due_account(&store).await;
    let client = store.clients(user.organization_id, None, 1).await.unwrap().remove(0);

    database
        .tamper("UPDATE connections SET base_url = 'ftp://x'; UPDATE organizations SET phi_guard = 'maybe'")
        .await;
    database.tamper("UPDATE api_clients SET kind = 'carrier_pigeon'").await;

    let found = store.connection(user.organization_id, connection.id).await;
    assert!(
        matches!(
            found,
            Err(StoreError::Corrupt {
                table: "connections",
                column: "base_url",
                ..
            })
        ),
        "{found:?}"
    );
    let found = store.organization(user.organization_id).await;
    assert!(
        matches!(
            found,
            Err(StoreError::Corrupt {
                table: "organizations",
                column: "phi_guard",
                ..
            })
        ),
        "{found:?}"
    );
    let found = store.client(client.id).await;
    assert!(
        matches!(
            found,
            Err(StoreError::Corrupt {
                table: "api_clients",
                column: "kind",
                ..
            })
        ),
        "{found:?}"
    );
}

#[tokio::test]
async fn corrupt_customers_versions_and_keys_are_errors_that_name_table_and_column() {
    let database = Database::fresh().await;
    let store = database.store().await;
    let organization = given::organization(&store).await;
    let customer = given::customer(&store, organization, "clinic").await;
    store.link_key(organization, [1; 32]).await.unwrap();

    database
        .tamper(
            "UPDATE customers SET region = 'mars';
             UPDATE organizations SET nabla_connect_version = 'newest', link_key = x'0102'",
        )
        .await;

    let found = store.customer(organization, &customer.id).await;
    let Err(StoreError::Corrupt { table, column, id, .. }) = found else {
        panic!("the row is corrupt")
    };
    assert_eq!(
        (table, column, id),
        ("customers", "region", format!("{organization}/clinic"))
    );
    let found = store.organization(organization).await;
    assert!(
        matches!(
            found,
            Err(StoreError::Corrupt {
                table: "organizations",
                column: "nabla_connect_version",
                ..
            })
        ),
        "{found:?}"
    );
    let found = store.link_key(organization, [2; 32]).await;
    assert!(
        matches!(
            found,
            Err(StoreError::Corrupt {
                table: "organizations",
                column: "link_key",
                ..
            })
        ),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_corrupt_user_does_not_keep_others_from_being_claimed() {
    let database = Database::fresh().await;
    let store = database.store().await;
    let (_, user) = given::due_account(&store).await;
    database.tamper("UPDATE users SET external_id = ''").await;
    let other = given::new_user(user.organization_id, &UserChanges::default());
    given::create(&store, &other, None).await.unwrap();

    let claims = given::claims(&store, given::after(1), given::after(60), 10).await;

    assert_eq!(claims.iter().map(|claim| claim.user.id).collect::<Vec<_>>(), [other.id]);
}

#[rstest]
#[case("groups", "name", "UPDATE groups SET name = ''")]
#[case("groups", "external_id", "UPDATE groups SET external_id = ''")]
#[case("api_clients", "surface", "UPDATE api_clients SET surface = 'telepathy'")]
#[tokio::test]
async fn a_corrupt_group_or_client_is_an_error_that_names_table_and_column(
    #[case] table: &str,
    #[case] column: &str,
    #[case] sql: &'static str,
) {
    let database = Database::fresh().await;
    let store = database.store().await;
    let organization = given::organization(&store).await;
    let group = given::group(&store, organization, "Ward", &[]).await;

    database.tamper(sql).await;

    let found = match table {
        "groups" => store.group(organization, group.id).await.map(|_| ()),
        _ => store.clients(organization, None, 9).await.map(|_| ()),
    };
    let Err(StoreError::Corrupt {
        table: in_table,
        column: named,
        ..
    }) = found
    else {
        panic!("the row is corrupt: {found:?}")
    };
    assert_eq!((in_table, named), (table, column));
}

#[tokio::test]
async fn a_corrupt_user_does_not_keep_others_from_being_made_searchable() {
    let database = Database::fresh().await;
    let store = database.store().await;
    let organization = given::organization(&store).await;
    given::user(&store, organization, "E-1").await;
    given::user(&store, organization, "E-2").await;
    database
        .tamper("UPDATE users SET search = NULL; UPDATE users SET npi = 'none' WHERE external_id = 'E-1'")
        .await;

    assert_eq!(store.index_users(1).await.unwrap(), 1);
    assert_eq!(store.index_users(9).await.unwrap(), 1);
    assert_eq!(store.index_users(9).await.unwrap(), 0);

    let path = Path::resolve(ResourceType::User, None, "externalId", None).unwrap();
    let found = store
        .count_users(organization, Some(&Filter::present(path).unwrap()))
        .await;
    assert_eq!(found.unwrap(), 1);
}

#[rstest]
#[case("options", "UPDATE connections SET options = '{\"assignment\": \"most\"}'")]
#[case("options", "UPDATE connections SET options = '{\"concurrency\": 65}'")]
#[case("options", "UPDATE connections SET options = '{\"hold_percent\": 256}'")]
#[case("options", "UPDATE connections SET options = '{\"unheard_of\": 1}'")]
#[case("options", "UPDATE connections SET options = '\"all\"'")]
#[case(
    "options",
    "UPDATE connections SET options = '{\"project_id\": \"of another vendor\"}'"
)]
#[tokio::test]
async fn a_connection_whose_options_are_corrupt_is_named_and_keeps_no_other_from_being_owned(
    #[case] column: &str,
    #[case] sql: &'static str,
) {
    let database = Database::fresh().await;
    let store = database.store().await;
    let (connection, user) = given::due_account(&store).await;
    database.tamper(sql).await;
    let other = given::connection(&store, user.organization_id).await;

    let found = store.connection(user.organization_id, connection.id).await;

    let Err(StoreError::Corrupt {
        table,
        column: named,
        id,
        ..
    }) = found
    else {
        panic!("the row is corrupt: {found:?}")
    };
    assert_eq!((table, named, id), ("connections", column, connection.id.to_string()));
    let claims = given::claims(&store, given::after(1), given::after(60), 10).await;
    let claimed: Vec<_> = claims.iter().map(|claim| claim.connection.id).collect();
    assert_eq!(claimed, [other.id]);
}

#[rstest]
#[case("audit_log", "surface", "UPDATE audit_log SET surface = 'telepathy'")]
#[case("audit_log", "deed", "UPDATE audit_log SET deed = 'forgiven'")]
#[case("events", "vendor", "UPDATE events SET vendor = 'nobody'")]
#[case("events", "status", "UPDATE events SET status = 70000")]
#[case("events", "took_ms", "UPDATE events SET took_ms = -1")]
#[tokio::test]
async fn a_corrupt_entry_of_a_history_is_an_error_that_names_table_and_column(
    #[case] table: &str,
    #[case] column: &str,
    #[case] sql: &'static str,
) {
    let database = Database::fresh().await;
    let store = database.store().await;
    let (_, user) = given::due_account(&store).await;
    let claim = given::claim(&store, given::after(1)).await;
    let settlement = Settlement {
        calls: vec![given::call("create", "done", given::after(1))],
        ..given::settlement(&claim, given::IN_SYNC)
    };
    assert!(store.record(&claim.key, &settlement, given::after(1)).await.unwrap());
    assert_eq!(
        store
            .history(user.organization_id, user.id, None, 9)
            .await
            .unwrap()
            .len(),
        2
    );

    database.tamper(sql).await;

    let found = store.history(user.organization_id, user.id, None, 9).await;
    let Err(StoreError::Corrupt {
        table: in_table,
        column: named,
        ..
    }) = found
    else {
        panic!("the row is corrupt: {found:?}")
    };
    assert_eq!((in_table, named), (table, column));
}
