//! The list of all cases.

/// Runs every case as a test of its own, on databases of a type that implements
/// [`TestDatabase`](crate::store::TestDatabase).
///
/// This is the one list of all cases; a test of this crate sees to it that none is missing.
#[macro_export]
macro_rules! store_cases {
    ($database:ty) => {
        $crate::store_cases!(@each tests [$database]);
    };
    (@each $what:ident $argument:tt) => {
        $crate::store_cases! {
            @$what $argument
            organizations {
                an_organization_comes_back_with_its_first_client,
                an_absent_organization_is_not_found,
                a_slug_that_is_taken_is_a_conflict_and_nothing_is_written,
                an_api_key_that_is_taken_is_a_conflict_and_nothing_is_written,
                an_id_that_is_taken_is_a_conflict_of_ids,
                the_phi_guard_is_set,
                the_version_of_nabla_connect_is_set,
                the_key_of_links_is_the_first_that_was_offered,
            }
            api_clients {
                clients_of_every_kind_come_back_as_they_were_stored,
                an_api_key_is_found_by_its_digest,
                a_service_account_is_found_by_its_folded_email,
                what_another_client_of_any_organization_has_is_a_conflict,
                clients_are_listed_page_by_page,
                a_deleted_client_is_not_found_in_any_way,
                a_client_is_deleted_for_another_one_that_is_there,
                an_assertion_is_used_once_by_each_client,
                used_assertions_are_forgotten_once_they_have_expired,
                the_surface_of_a_client_comes_back_as_it_was_stored,
            }
            users {
                a_user_comes_back_as_it_was_stored,
                an_empty_profile_comes_back_empty_and_an_empty_dictionary_as_one,
                nobody_is_found_where_nobody_is,
                keys_find_their_user_and_only_as_they_are_compared,
                a_new_user_has_an_account_at_every_connection_that_is_due_at_once,
                a_user_without_connections_has_no_accounts,
                an_id_that_is_taken_is_a_conflict_and_nothing_is_written,
                an_external_id_that_is_taken_is_a_conflict_and_nothing_is_written,
                an_email_that_is_taken_in_another_case_is_a_conflict,
                any_number_of_users_have_no_external_id_and_no_email,
                a_deleted_user_frees_its_external_id_and_email,
                a_deleted_user_is_not_found_in_any_way,
            }
            users_updates {
                an_update_replaces_every_field,
                an_update_of_another_version_is_stale_and_writes_nothing,
                an_update_of_an_absent_user_is_stale,
                an_update_of_a_deleted_user_is_stale,
                an_update_to_a_key_that_is_taken_is_a_conflict_and_writes_nothing,
                a_user_may_keep_its_keys_and_respell_its_email,
                an_update_raises_what_all_accounts_must_catch_up_with,
                an_update_starts_anew_after_failures_and_questions,
                an_update_waits_for_the_floor_that_the_vendor_set,
                an_update_leaves_a_lease_alone,
                a_deleted_user_leaves_accounts_that_are_due,
                tombstones_are_forgotten_once_they_are_gone_from_every_vendor,
                a_tombstone_without_accounts_is_forgotten,
            }
            users_lists {
                users_are_listed_oldest_first_and_page_by_page,
                users_are_listed_newest_first_and_page_by_page,
                users_are_filtered_by_key_and_state,
                users_are_listed_by_numbered_pages,
                the_only_user_of_a_key_may_be_left_out,
                users_are_filtered_by_customer,
                deleted_users_are_in_no_customers_list,
                a_walk_visits_everyone_who_stays_once_while_others_come_and_go,
            }
            users_passwords {
                a_password_is_kept_from_the_creation_of_its_user_on,
                whether_a_password_is_kept_is_told_without_it,
                an_update_leaves_or_replaces_the_password,
                an_update_that_is_refused_leaves_the_password_alone,
                a_password_that_a_vendor_has_is_forgotten,
                a_password_that_was_not_delivered_is_kept,
                another_password_than_the_one_that_a_vendor_has_is_not_forgotten,
                a_claim_that_was_overtaken_forgets_no_password,
                a_deleted_user_keeps_no_password,
            }
            restores {
                a_user_name_that_is_taken_in_another_case_is_a_conflict,
                a_deleted_user_is_found_by_what_it_was_called,
                a_deleted_user_without_a_name_is_found_by_what_it_was_shown_by,
                a_user_who_comes_back_is_the_same_user,
                only_the_tombstone_at_hand_comes_back,
                what_stands_against_a_new_user_stands_against_one_who_comes_back,
                a_user_who_comes_back_has_accounts_where_all_are_taken,
                a_user_who_comes_back_is_not_where_it_was_chosen,
                a_user_who_comes_back_does_not_take_the_vendors_user_from_another,
                a_user_who_comes_back_may_bring_a_password,
            }
            customers {
                a_customer_comes_back_as_it_was_stored,
                an_absent_customer_is_not_found,
                an_id_that_is_taken_is_a_conflict_and_nothing_is_written,
                customers_are_listed_in_the_order_of_their_creation_by_numbered_pages,
                an_update_replaces_a_customer,
                an_update_of_another_version_or_of_nothing_is_stale,
                a_new_id_carries_the_users_along_and_leaves_their_versions_alone,
                a_new_id_that_is_taken_is_a_conflict_and_nothing_is_written,
                a_customer_that_nobody_is_in_is_deleted,
                a_customer_that_users_are_in_is_not_deleted,
                a_deleted_user_does_not_hold_its_customer,
                a_new_user_of_an_absent_customer_is_refused_and_nothing_is_written,
                a_user_is_not_put_into_an_absent_customer,
                an_update_with_the_old_id_of_a_renamed_customer_is_refused,
                a_claim_carries_the_users_customer,
            }
            connections {
                a_connection_comes_back_as_it_was_stored,
                every_option_comes_back_as_it_was_stored,
                an_id_that_is_taken_is_a_conflict,
                a_new_connection_has_an_account_for_every_user_that_is_due_at_once,
                connections_are_listed_page_by_page,
                an_update_replaces_a_connection_and_keeps_or_replaces_its_credentials,
                an_update_of_another_version_or_of_nothing_is_stale,
                a_deleted_connection_takes_its_accounts_with_it_and_nothing_else,
                a_paused_connection_gets_accounts_that_wait,
                a_connection_made_after_another_was_deleted_starts_anew,
                another_base_url_or_other_credentials_end_what_the_vendor_asked_for,
                floors_are_lifted_once_and_by_another_version,
            }
            assignments {
                a_connection_that_takes_the_chosen_gives_nobody_an_account,
                whoever_is_assigned_has_an_account_that_is_due,
                whoever_is_assigned_is_kept_up_to_date,
                whoever_is_taken_off_has_an_account_that_is_behind,
                whoever_is_assigned_again_is_no_longer_removed,
                whoever_is_assigned_again_does_not_take_the_vendors_user_from_another,
                a_change_of_the_assignment_starts_anew,
                a_change_of_the_assignment_waits_for_the_floor_that_the_vendor_set,
                an_account_that_stands_so_already_is_left_as_it_is,
                whoever_is_taken_off_without_an_account_gets_one_that_is_not_assigned,
                the_history_is_told_of_every_change_of_the_assignment,
                nobody_is_assigned_who_is_not_there,
                an_account_that_is_assigned_otherwise_since_the_claim_stays_due,
                an_account_that_is_assigned_as_it_was_claimed_is_settled,
                a_change_of_the_assignment_leaves_a_lease_alone,
                where_all_are_taken_there_is_nothing_to_choose,
                a_connection_that_takes_all_from_now_on_takes_all,
                a_connection_that_takes_the_chosen_from_now_on_leaves_those_who_are_there,
                a_change_of_another_option_changes_no_accounts,
            }
            groups {
                a_group_comes_back_as_it_was_stored,
                a_key_that_is_taken_is_a_conflict_and_nothing_is_written,
                a_member_who_is_not_there_is_refused,
                an_update_replaces_a_group,
                a_change_of_another_version_or_of_nothing_is_stale,
                users_come_into_a_group_and_go,
                histories_are_told_of_whoever_comes_and_goes,
                a_deleted_group_is_gone,
                a_deleted_user_is_in_no_group,
                a_user_who_is_deleted_leaves_each_group_and_it_is_told,
                a_user_who_is_not_deleted_after_all_leaves_no_group,
                memberships_are_listed_from_both_ends,
            }
            groups_ties {
                whoever_comes_into_a_tied_group_is_assigned,
                whoever_leaves_a_tied_group_is_taken_off,
                whoever_comes_back_into_a_tied_group_starts_anew,
                whoever_comes_back_does_not_take_the_vendors_user_from_another,
                a_change_of_a_group_waits_for_the_floor_and_leaves_a_lease_alone,
                who_was_chosen_outlives_the_group,
                who_is_in_the_group_is_not_taken_off_one_by_one,
                two_groups_that_are_tied_to_one_connection_hold_a_user_together,
                a_group_that_is_tied_to_two_connections_assigns_to_both,
                a_tie_assigns_those_who_are_in_the_group,
                what_is_not_there_is_not_tied,
                a_deleted_group_takes_its_members_off,
                what_is_told_of_one_change_is_told_in_order,
            }
            groups_turns {
                ties_count_once_the_connection_takes_the_chosen,
                a_connection_takes_all_for_a_while,
                a_user_who_comes_back_is_where_groups_put_it_anew,
                a_deleted_connection_undoes_its_ties,
                a_thousand_come_and_go,
            }
            groups_races {
                whatever_happens_at_once_around_groups_comes_to_an_end,
                every_member_who_is_deleted_at_once_is_a_version_of_the_group,
            }
            directory {
                users_are_found_as_they_were_stored,
                users_are_found_as_they_are_now,
                users_are_found_page_by_page,
                a_walk_finds_everybody_who_stays_while_others_come_and_go,
                groups_are_found,
                who_can_be_searched_is_not_made_searchable_again,
            }
            directory_filters {
                random_filters_find_the_users_whom_they_match,
                random_filters_find_the_groups_that_they_match,
                every_moment_compares_as_it_is,
                every_order_is_that_of_the_keys,
                places_that_somebody_made_up_are_places,
            }
            accounts {
                a_vendors_id_leads_to_the_account_that_has_it_or_had_it_last,
                the_accounts_of_a_user_are_all_there_also_after_its_deletion,
                accounts_are_listed_page_by_page,
                the_status_filter_selects_exactly_those_that_stand_so,
                the_connection_filter_selects_the_accounts_of_one_connection,
                a_retry_makes_an_account_that_is_behind_due,
                a_retry_waits_for_the_floor_that_the_vendor_set,
                a_retry_leaves_an_account_alone_that_is_not_behind,
                a_retry_of_an_absent_account_finds_none,
            }
            queue {
                a_claim_carries_all_that_the_call_needs,
                only_accounts_that_are_due_are_claimed,
                the_longest_due_are_claimed_first,
                accounts_of_a_paused_connection_are_passed_by,
                accounts_of_a_connection_that_is_no_longer_paused_are_due_as_they_were,
                accounts_that_are_settled_are_not_claimed,
                the_vendor_of_an_account_is_that_of_its_connection,
                nothing_is_due_next_where_nothing_waits,
                what_is_due_next_counts_leases_and_retries,
                an_account_that_is_to_be_read_back_is_due_then,
                what_is_due_next_leaves_out_the_connections_that_are_given,
                what_is_due_next_waits_for_the_end_of_anothers_ownership,
                what_is_due_next_at_a_connection_is_its_own,
                what_is_due_next_leaves_out_paused_connections,
                accounts_of_a_deleted_connection_are_not_claimed,
            }
            ownership {
                a_connection_at_which_an_account_is_due_is_owned,
                a_connection_at_which_nothing_is_due_is_not_owned,
                a_paused_connection_is_not_owned,
                a_connection_has_one_owner_until_the_time_is_up,
                what_a_worker_owns_already_is_extended,
                connections_are_owned_up_to_a_limit_until_all_are,
                keeping_extends_ownership,
                keeping_does_not_take_back_what_was_lost,
                keeping_takes_nothing_that_is_free,
                disowning_frees_what_the_worker_owns_and_nothing_else,
                claiming_needs_ownership_of_a_connection_that_is_not_paused,
                claims_at_one_connection_do_not_touch_those_of_another,
                a_claim_outlasts_the_ownership_by_which_it_was_made,
                a_change_of_a_connection_leaves_its_owner_alone,
                what_a_vendor_asked_for_is_handed_to_whoever_owns_the_connection,
                what_a_vendor_asked_for_outlives_changes_of_the_user,
                reclaiming_ends_ownership_or_leaves_it,
            }
            queue_leases {
                a_leased_account_is_not_claimed_until_its_lease_ends,
                each_claim_carries_a_higher_token,
                a_claim_that_was_overtaken_does_nothing_any_more,
                a_claim_that_was_recorded_does_nothing_any_more,
                a_claim_that_was_released_does_nothing_any_more,
                a_claim_holds_after_its_lease_ran_out_until_somebody_else_claims,
                renewing_extends_the_lease,
                announcing_stores_the_intent_and_extends_the_lease,
                released_claims_are_due_at_once_and_the_rest_is_passed_over,
                reclaiming_ends_all_leases_or_none,
            }
            queue_records {
                in_sync_stores_what_is_known_and_ends_the_failures,
                an_invite_url_is_kept_until_there_is_another,
                a_retry_stores_time_attempts_and_cause,
                a_retry_is_not_due_before_its_floor,
                a_floor_does_not_outlive_the_next_answer,
                attention_stores_the_question_and_stops,
                removed_stores_since_when,
                what_is_given_back_is_due_at_once_with_attempts_unchanged,
                an_account_whose_user_was_changed_since_the_claim_stays_due,
                an_account_whose_user_was_changed_since_the_claim_waits_for_the_floor,
                a_vendor_user_id_that_another_user_has_is_a_conflict,
                two_connections_may_know_users_by_the_same_id,
                a_user_who_is_gone_from_the_vendor_does_not_keep_its_id_from_others,
                words_of_a_vendor_with_control_characters_are_stored,
            }
            drift {
                what_differs_at_the_vendor_is_kept_beside_the_account,
                what_no_longer_differs_is_forgotten,
                what_differs_is_kept_while_nobody_could_look,
            }
            read_backs {
                accounts_in_sync_are_read_back_within_the_interval_once_somebody_looks,
                accounts_that_are_not_in_sync_at_the_vendor_are_left_as_they_are,
                a_shorter_interval_holds_for_those_that_would_come_later,
                an_account_that_is_claimed_when_somebody_begins_to_look_is_due_once_that_is_recorded,
                accounts_in_sync_are_due_no_more_once_nobody_looks,
                an_account_that_is_claimed_when_nobody_looks_any_more_is_as_its_claim_leaves_it,
                read_backs_change_with_their_own_connections_options_only,
            }
            departures {
                only_those_at_the_vendor_count,
                whoever_should_not_be_there_leaves,
                who_is_inactive_from_the_beginning_and_active_at_the_vendor_leaves,
                who_comes_back_inactive_and_is_active_at_the_vendor_leaves,
                all_are_counted_where_so_many_leave_that_it_matters,
                whoever_is_known_to_be_inactive_leaves_no_more,
                whoever_is_inactive_and_to_be_deleted_leaves_where_users_are_deleted,
                whom_the_vendor_denied_counts_as_leaving_until_something_follows,
                whom_the_vendor_denied_and_nobody_misses_counts_no_more,
                an_approval_of_somebody_missing_is_for_one_time,
                whoever_left_counts_within_the_window,
                whoever_left_counts_although_the_user_was_changed_since_the_claim,
                departures_of_another_connection_do_not_count,
            }
            departures_held {
                a_departure_that_is_held_waits,
                a_departure_is_held_until_it_ends_otherwise,
                a_change_of_the_user_ends_a_hold,
                a_departure_of_a_user_who_was_changed_since_the_claim_is_not_held,
                holds_are_counted_by_connection,
                departures_that_are_approved_are_due_and_no_longer_held,
                an_approval_does_not_outlive_a_change_of_the_user,
                an_approval_does_not_outlive_a_change_of_the_assignment,
                an_approval_during_a_claim_is_heard,
            }
            history {
                a_change_comes_back_as_it_was_told,
                a_change_that_is_refused_is_not_told,
                calls_come_back_as_they_were_told,
                calls_are_told_of_every_claim_that_holds,
                calls_of_a_record_that_is_refused_are_told_with_the_next,
                a_call_whose_message_has_control_characters_is_told,
                a_history_is_read_newest_first_and_page_by_page,
                a_history_outlives_the_user_and_the_connection,
                old_entries_are_forgotten,
            }
            idempotency {
                a_request_is_begun_once_and_answered_alike_ever_after,
                a_key_that_was_used_for_another_request_is_a_mismatch,
                a_request_that_fell_silent_is_resumed_with_its_id,
                the_first_answer_stands,
                an_abandoned_key_may_be_used_again,
                abandoning_leaves_answers_and_other_requests_alone,
                old_keys_are_forgotten,
            }
            sealed {
                what_is_sealed_is_listed_place_by_place,
                what_is_sealed_anew_changes_nothing_else,
                what_was_replaced_meanwhile_is_not_sealed_anew,
            }
            sessions {
                a_session_lives_as_long_as_it_is_extended,
                an_ended_session_is_not_extended_and_not_ended_again,
                sessions_are_forgotten_once_they_have_expired,
                a_tombstone_is_forgotten_with_its_sessions,
            }
            wake {
                waiting_ends_by_itself,
                every_write_that_makes_an_account_due_wakes,
                every_assignment_and_approval_that_makes_an_account_due_wakes,
                every_change_of_a_group_that_makes_an_account_due_wakes,
            }
            tenants {
                users_of_another_organization_are_neither_found_nor_changed,
                two_organizations_may_have_the_same_external_id_and_email,
                accounts_of_another_organization_are_neither_found_nor_changed,
                connections_of_another_organization_are_neither_found_nor_changed,
                users_get_no_accounts_at_connections_of_another_organization,
                clients_of_another_organization_are_neither_listed_nor_deleted,
                idempotency_keys_of_another_organization_are_other_keys,
                customers_of_another_organization_are_neither_found_nor_changed,
                two_organizations_may_have_the_same_customer_id,
                passwords_of_another_organization_are_neither_found_nor_forgotten,
                histories_of_another_organization_are_not_found,
                assignments_of_another_organization_are_neither_found_nor_changed,
                groups_of_another_organization_are_neither_found_nor_changed,
                searches_find_nothing_of_another_organization,
            }
            races {
                of_fifty_who_create_one_external_id_one_succeeds,
                of_many_who_create_one_email_one_succeeds,
                of_many_who_update_one_version_one_succeeds,
                who_take_each_others_keys_are_all_refused,
                users_and_connections_that_are_made_at_once_do_not_miss_each_other,
                users_that_are_changed_while_connections_are_made_have_accounts_that_know,
                users_that_are_made_while_connections_are_deleted_are_made,
                claims_at_once_never_overlap,
                a_record_and_an_update_at_once_leave_the_account_due,
                an_assertion_that_is_used_many_times_at_once_is_used_once,
                a_request_that_comes_many_times_at_once_is_begun_once,
                of_many_who_create_one_organization_one_succeeds,
                many_who_ask_for_the_key_of_links_get_the_same,
            }
            races_clients {
                a_client_that_one_heard_is_deleted_is_found_by_nobody,
                of_two_clients_that_delete_each_other_one_is_left,
                what_one_heard_is_set_comes_with_every_client,
            }
            races_crowds {
                a_crowd_gets_in_but_for_those_who_stand_against_somebody,
                of_each_two_in_a_crowd_who_are_alike_one_gets_in,
                whoever_leaves_a_crowd_keeps_nobody_waiting,
                changes_of_one_user_stay_in_order_in_a_crowd,
                a_crowd_that_looks_finds_all_that_was_written_before,
                a_crowd_wakes,
                what_comes_of_many_calls_at_once_is_recorded_for_each,
            }
            races_customers {
                of_many_who_create_one_customer_one_succeeds,
                of_many_who_give_one_customer_new_ids_one_succeeds,
                a_customer_is_deleted_or_users_are_put_into_it,
                users_that_are_changed_while_their_customer_gets_another_id_stay_in_it,
            }
            races_directory {
                of_many_who_create_one_user_name_one_succeeds,
                of_many_who_bring_one_user_back_one_succeeds,
                of_many_who_change_one_group_one_succeeds,
                users_who_change_groups_at_once_are_assigned_as_they_stand,
                users_who_are_chosen_and_leave_a_group_at_once_stay,
                users_who_are_deleted_while_they_come_into_a_group_are_in_none,
                users_who_come_into_a_group_while_the_connection_changes_are_assigned,
                what_changes_at_once_around_groups_is_told_in_turn,
            }
            races_queue {
                of_many_workers_who_take_connections_each_gets_others,
                a_connection_is_kept_or_taken_over,
                claims_of_successive_owners_never_overlap,
                assignments_at_once_are_told_once_each,
                users_that_are_changed_while_they_are_assigned_have_accounts_that_know,
                users_that_are_deleted_while_they_are_assigned_leave_no_account_behind,
                users_that_are_made_while_a_connection_begins_to_take_all_have_accounts,
                a_record_and_an_assignment_at_once_leave_the_account_due,
                passwords_that_are_delivered_and_replaced_at_once_are_kept,
                departures_that_are_held_and_approved_at_once_are_not_lost,
                accounts_that_come_in_sync_while_somebody_begins_to_look_are_read_back,
            }
        }
    };
    (@names [] $($port:ident { $($case:ident,)* })*) => {
        [$((stringify!($port), &[$(stringify!($case)),*] as &[&str])),*]
    };
    (@tests [$database:ty] $($port:ident { $($case:ident,)* })*) => {
        $(
            mod $port {
                use super::*;
                $($crate::store_cases! { @test [$database] $port $case })*
            }
        )*
    };
    // Those of races get two stores on one database.
    (@test [$database:ty] groups_races $case:ident) => {
        $crate::store_cases! { @race [$database] groups_races $case }
    };
    (@test [$database:ty] races $case:ident) => {
        $crate::store_cases! { @race [$database] races $case }
    };
    (@test [$database:ty] races_clients $case:ident) => {
        $crate::store_cases! { @race [$database] races_clients $case }
    };
    (@test [$database:ty] races_crowds $case:ident) => {
        $crate::store_cases! { @race [$database] races_crowds $case }
    };
    (@test [$database:ty] races_customers $case:ident) => {
        $crate::store_cases! { @race [$database] races_customers $case }
    };
    (@test [$database:ty] races_directory $case:ident) => {
        $crate::store_cases! { @race [$database] races_directory $case }
    };
    (@test [$database:ty] races_queue $case:ident) => {
        $crate::store_cases! { @race [$database] races_queue $case }
    };
    (@race [$database:ty] $races:ident $case:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let database = <$database as $crate::store::TestDatabase>::fresh().await;
            let stores = [
                $crate::store::TestDatabase::open(&database).await,
                $crate::store::TestDatabase::open(&database).await,
            ];
            $crate::store::$races::$case(&stores).await;
            drop(stores);
            $crate::store::TestDatabase::discard(database).await;
        }
    };
    (@test [$database:ty] $port:ident $case:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let database = <$database as $crate::store::TestDatabase>::fresh().await;
            let store = $crate::store::TestDatabase::open(&database).await;
            $crate::store::$port::$case(&*store).await;
            drop(store);
            $crate::store::TestDatabase::discard(database).await;
        }
    };
}
