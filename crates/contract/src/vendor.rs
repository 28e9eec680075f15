//! The obligations of `VendorGateway`, as cases that every vendor's client passes.
//!
//! A client's tests implement [`VendorWorld`] over a server that they control, and run [`vendor_cases!`](crate::vendor_cases).
//! A case says what the vendor does, in words that hold for all vendors; the world says it in the vendor's own
//! JSON.

#![expect(clippy::missing_panics_doc, reason = "panicking is how a case fails")]
#![expect(clippy::unused_async, reason = "all cases are called alike")]

mod failures;
mod given;
mod previews;
mod successes;
mod world;

pub use failures::*;
pub use given::{RemoteState, changed_clinician, clinician, look_up, password, read_back};
pub use previews::*;
pub use successes::*;
pub use world::{Call, Reply, VendorWorld};

/// Runs every case of a vendor's client as a test of its own. `$world` makes a fresh [`VendorWorld`],
/// in which nothing is scripted but that tokens are handed out, if the vendor has any.
///
/// [`VendorWorld`]: crate::vendor::VendorWorld
#[macro_export]
macro_rules! vendor_cases {
    ($world:expr) => {
        $crate::vendor_cases!(@each $world;
            a_sound_connection_has_nothing_wrong,
            credentials_of_another_kind_are_a_violation_that_shows_no_secret,
            a_created_user_comes_back_with_id_state_and_comparison,
            a_look_up_finds_who_is_there_and_compares,
            a_read_back_says_how_the_user_stands_and_names_what_differs,
            a_look_up_of_nobody_finds_none,
            a_look_up_that_shows_somebody_else_does_not_find_the_user,
            an_update_comes_back_with_the_vendors_user,
            activating_and_deactivating_succeed_also_when_nothing_changes,
            a_state_other_than_the_one_asked_for_is_not_success,
            a_test_succeeds_where_reading_does,
            an_initial_password_goes_to_vendors_that_take_one_and_to_nobody_else,
            a_list_comes_in_pages_until_the_last,
            a_preview_shows_the_very_requests_that_are_then_sent,
            a_preview_shows_that_an_initial_password_would_be_sent_and_not_which,
            a_preview_of_what_sends_nothing_is_empty_and_of_what_cannot_be_done_is_refused,
            a_refused_token_is_fetched_anew_and_the_call_repeated_once,
            credentials_that_stay_refused_are_unauthorized,
            a_failure_to_get_a_token_is_about_the_connection_and_leaves_nothing_unknown,
            each_status_has_its_class_and_the_call_is_made_once,
            an_undocumented_success_is_unknown,
            how_long_to_wait_is_passed_on_in_seconds_and_as_a_date,
            a_user_who_is_gone_is_not_found,
            a_redirect_is_not_followed,
            an_answer_that_cannot_be_understood_is_unknown,
            a_connection_that_breaks_leaves_the_outcome_unknown,
            a_vendor_that_does_not_answer_ends_the_call_in_time,
            a_host_that_refuses_connections_is_transient,
            what_cannot_be_done_is_refused_without_a_call,
        );
    };
    (@each $world:expr; $($case:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                let world = $world.await;
                $crate::vendor::$case(&world).await;
            }
        )*
    };
}
