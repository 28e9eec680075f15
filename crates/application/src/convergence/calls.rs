//! The calls of a claim: one step at the vendor each, timed, told to the lane, and noted for the user's history.

use std::time::Duration;

use roster_domain::{Drift, DriftMode, OutcomeClass, Step, Timestamp, VendorKey};

use super::departing::{self, is_departure, lost};
use super::turns::Requests;
use super::{Convergence, Next, Progress};
use crate::credentials::Credentials;
use crate::error::Error;
use crate::ports::{CallRecord, RemoteUser, Settled, Sought, Subject, Target, VendorError};

/// What a call brought.
enum Answer {
    /// A user.
    User(RemoteUser),
    /// That there is nobody.
    Nobody,
    /// That there is nobody so far, and more to be seen from here.
    Further(String),
    /// That it was done.
    Done,
}

impl Convergence {
    /// Makes the call of a step that is no create.
    pub(super) async fn call(
        &self,
        step: Step,
        progress: &mut Progress,
        credentials: &Credentials,
    ) -> Result<Next, Error> {
        let operation = step.operation().unwrap_or_default();
        let connection = progress.claim.connection.clone();
        let begun = self.now();
        let mut from: Option<String> = None;
        // A vendor that only lists its users is asked page by page: each is a call with a time of its own, for which the
        // lease must hold, and counts for the vendor's limit.
        let outcome = loop {
            let requests = Requests::of(self, progress);
            let target = Target {
                connection: &connection,
                credentials,
                turns: &requests,
            };
            let call = self.ask(&step, target, from.as_deref(), progress);
            let outcome = self.in_time(call, &requests).await;
            let (lease_until, away) = requests.ended();
            progress.claim.lease_until = lease_until;
            if let Some(away) = away {
                return away.next();
            }
            match outcome {
                Ok(Answer::Further(next)) => from = Some(next),
                outcome => break outcome,
            }
            progress.passage.heard(None, self.now(), self.ports.entropy.fraction());
            if let Err(away) = self.enter(progress).await {
                return away.next();
            }
            if !self.hold(progress).await? {
                return Ok(Next::Fenced);
            }
        };
        let word = match &outcome {
            Ok(Answer::Nobody) => "absent",
            Ok(Answer::User(remote)) if !remote.matches => "differs",
            Ok(_) => "done",
            Err(error) => error.class.name(),
        };
        self.note(progress, operation, begun, word, outcome.as_ref().err());
        match outcome {
            Ok(answer) => Ok(self.fold(&step, answer, progress)),
            Err(error) => self.not_done(&step, error, progress).await,
        }
    }

    /// Asks the vendor to do a step; of a search, one page.
    async fn ask(
        &self,
        step: &Step,
        target: Target<'_>,
        from: Option<&str>,
        progress: &Progress,
    ) -> Result<Answer, VendorError> {
        let (user, gateway) = (&progress.claim.user, &self.ports.gateway);
        let subject = Subject {
            user,
            password: progress.password.as_ref(),
        };
        let sought = |sought| match sought {
            Sought::Found(remote) => Answer::User(remote),
            Sought::Nobody => Answer::Nobody,
            Sought::Further(next) => Answer::Further(next),
        };
        match step {
            Step::LookUp(key) => gateway.look_up(target, key, user, from).await.map(sought),
            Step::ReadBack(id) => gateway.read_back(target, id, user, from).await.map(sought),
            Step::Update(id) => gateway.update(target, id, subject).await.map(Answer::User),
            Step::Activate(id) => gateway.activate(target, id).await.map(|()| Answer::Done),
            Step::Deactivate(id) => gateway.deactivate(target, id).await.map(|()| Answer::Done),
            Step::Delete(id) => gateway.delete(target, id).await.map(|()| Answer::Done),
            Step::Create(_) | Step::InSync | Step::Removed | Step::Ask { .. } | Step::Wait { .. } => Ok(Answer::Done),
        }
    }

    /// Folds an answer into what is known.
    fn fold(&self, step: &Step, answer: Answer, progress: &mut Progress) -> Next {
        let version = progress.claim.user.version;
        let known = progress.known.clone();
        progress.known = match (step, answer) {
            (Step::LookUp(key), Answer::Nobody) => known.absent(key.clone()),
            (Step::LookUp(_), Answer::User(remote)) => {
                progress.is_unlinked = progress.claim.account.known.vendor_user_id.as_ref() != Some(&remote.id);
                let applied = if remote.matches { version } else { 0 };
                progress.invite_url = remote.invite_url.or(progress.invite_url.take());
                known.found(remote.id, remote.active).updated(applied)
            }
            (Step::ReadBack(_), Answer::User(remote)) => {
                let was_active = known.active;
                if is_reported(progress) && (!remote.matches || Some(remote.active) != was_active) {
                    return self.report(differences(&remote, was_active), progress);
                }
                known.read_back(remote.active, remote.matches)
            }
            (Step::Update(_), Answer::User(remote)) => {
                progress.invite_url = remote.invite_url.or(progress.invite_url.take());
                if progress.password.take().is_some() {
                    progress.delivered.clone_from(&progress.claim.password);
                }
                known.updated(version).set_active(remote.active)
            }
            (Step::Activate(_), _) => known.set_active(true),
            (Step::Deactivate(_), _) => {
                progress.left |= is_departure(step, progress);
                known.set_active(false)
            }
            (Step::Delete(_), _) => {
                progress.left |= is_departure(step, progress);
                known.deleted(progress.key.clone())
            }
            _ => known,
        };
        Next::Plan
    }

    /// What follows from a step that was not done.
    async fn not_done(&self, step: &Step, error: VendorError, progress: &mut Progress) -> Result<Next, Error> {
        if error.class == OutcomeClass::NotFound && progress.known.vendor_user_id.is_some() {
            return self.denied(step, error, progress).await;
        }
        let is_refused = matches!(error.class, OutcomeClass::Rejected | OutcomeClass::Conflict);
        if matches!(step, Step::ReadBack(_)) && is_refused && !progress.known.is_missing {
            // Nothing was asked for that another record could heal, so that nobody is bothered: it is read again in time.
            return Ok(Next::Settle(self.in_sync(progress)));
        }
        if matches!(step, Step::LookUp(_)) && error.class == OutcomeClass::Rejected {
            return Ok(Next::Settle(Settled::Attention(self.not_to_be_found(progress, &error))));
        }
        let switches = matches!(step, Step::Activate(_) | Step::Deactivate(_));
        if switches && error.class.may_have_happened() {
            progress.known = progress.known.clone().switched_unheard();
        }
        Ok(Next::Settle(self.failed(progress, &error).await?))
    }

    /// What follows where the vendor says that it has no user of the id it once gave.
    async fn denied(&self, step: &Step, error: VendorError, progress: &mut Progress) -> Result<Next, Error> {
        if matches!(step, Step::ReadBack(_)) && is_reported(progress) {
            return Ok(self.report(lost(progress), progress));
        }
        let was_missing = progress.known.is_missing;
        if !was_missing && progress.claim.account.known.is_missing {
            // It found the user when asked. Asking on and on would cost calls, and be no use.
            let error = contradicted(progress.claim.connection.vendor.title(), error);
            return Ok(Next::Settle(self.failed(progress, &error).await?));
        }
        progress.known = progress.known.clone().gone();
        if was_missing {
            return Ok(Next::Plan);
        }
        // It is stored before anything follows from it: whoever else is denied at the same time is counted first.
        Ok(Next::Settle(Settled::GivenBack))
    }

    /// Says what is not as it should be, and leaves it.
    fn report(&self, message: String, progress: &mut Progress) -> Next {
        let since = progress.claim.account.drift.as_ref().map(|drift| drift.since);
        progress.drift = Some(Drift {
            message,
            since: since.unwrap_or_else(|| self.now()),
        });
        Next::Settle(self.in_sync(progress))
    }

    /// Announces a create, and sends it.
    pub(super) async fn create(
        &self,
        key: VendorKey,
        progress: &mut Progress,
        credentials: &Credentials,
    ) -> Result<Next, Error> {
        let begun = self.now();
        let lease_until = self.lease_from(begun);
        if !self
            .ports
            .queue
            .announce(&progress.claim.key, &key, lease_until)
            .await?
        {
            return Ok(Next::Fenced);
        }
        progress.claim.lease_until = lease_until;
        let earlier = progress.known.intent.clone();
        progress.known = progress.known.clone().intending(key.clone());
        let requests = Requests::of(self, progress);
        let target = Target {
            connection: &progress.claim.connection,
            credentials,
            turns: &requests,
        };
        let subject = Subject {
            user: &progress.claim.user,
            password: progress.password.as_ref(),
        };
        let call = self.ports.gateway.create(target, &key, subject);
        let outcome = self.in_time(call, &requests).await;
        let (lease_until, away) = requests.ended();
        progress.claim.lease_until = lease_until;
        if let Some(away) = away {
            // Nothing was made: what was sent before the request that was not was refused.
            progress.known.intent = earlier;
            return away.next();
        }
        let word = outcome.as_ref().map_or_else(|error| error.class.name(), |_| "done");
        self.note(progress, "create", begun, word, outcome.as_ref().err());
        match outcome {
            Ok(remote) => {
                progress.invite_url = remote.invite_url.or(progress.invite_url.take());
                // What went under an earlier key is not yet what the user should be there, and is stored before an update
                // takes that key away: see `plan`.
                let is_present = progress.can.key_of(&progress.claim.user).as_ref() == Some(&key);
                progress.is_unlinked |= !is_present;
                let is_applied = remote.matches && is_present;
                let applied = if is_applied { progress.claim.user.version } else { 0 };
                if progress.password.take().is_some() {
                    progress.delivered.clone_from(&progress.claim.password);
                }
                departing::count(progress.known.is_missing, progress);
                progress.known = progress.known.clone().created(remote.id, remote.active, applied);
                Ok(Next::Plan)
            }
            Err(error) => {
                if !error.class.may_have_happened() {
                    // This one has not happened; one that was sent before and not heard of still may have.
                    progress.known.intent = earlier;
                }
                if error.class == OutcomeClass::Conflict && !progress.known.refused_as_duplicate {
                    progress.known = progress.known.clone().duplicate();
                    return Ok(Next::Plan);
                }
                Ok(Next::Settle(self.failed(progress, &error).await?))
            }
        }
    }

    /// Notes a call, for the lane and for the history. That an account was read back and is as it should be is no news.
    fn note(
        &self,
        progress: &mut Progress,
        operation: &str,
        begun: Timestamp,
        outcome: &str,
        error: Option<&VendorError>,
    ) {
        let now = self.now();
        let class = error.map(|error| error.class);
        progress.passage.heard(class, now, self.ports.entropy.fraction());
        if operation == "read_back" && outcome == "done" {
            return;
        }
        progress.calls.push(CallRecord {
            id: self.ports.ids.new_id(),
            at: begun,
            operation: operation.to_owned(),
            outcome: outcome.to_owned(),
            status: error.and_then(|error| error.status),
            message: error.map(|error| error.message.clone()),
            took: (now - begun).to_std().unwrap_or(Duration::ZERO),
        });
    }
}

/// A vendor that denies having the user whom it has just found. Which of the two is true is not known.
fn contradicted(vendor: &str, denial: VendorError) -> VendorError {
    VendorError {
        class: OutcomeClass::Unknown,
        message: format!(
            "{vendor} contradicts itself about this user, whom it finds: {}",
            denial.message
        ),
        ..denial
    }
}

/// Whether what somebody did at the vendor is only said, and not set right. Whom the vendor denied before is another matter.
fn is_reported(progress: &Progress) -> bool {
    let mode = progress.claim.connection.options.drift;
    progress.is_read_back && mode == DriftMode::Report && !progress.known.is_missing
}

/// What differs, in plain words.
fn differences(remote: &RemoteUser, was_active: Option<bool>) -> String {
    let mut differing: Vec<&str> = remote.differing.clone();
    if Some(remote.active) != was_active {
        differing.push(if remote.active { "is active" } else { "is not active" });
    }
    format!("changed at the vendor: {}", differing.join(", "))
}
