//! The calls of a claim: one step at the vendor each, timed, told to the lane, and noted for the user's history.

use std::time::Duration;

use roster_domain::{Drift, DriftMode, OutcomeClass, Step, Timestamp, VendorKey};

use super::{Convergence, Next, Progress};
use crate::credentials::Credentials;
use crate::error::Error;
use crate::ports::{CallRecord, RemoteUser, Subject, Target, VendorError};

/// What a call brought.
enum Answer {
    /// A user.
    User(RemoteUser),
    /// That there is nobody.
    Nobody,
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
        let target = Target {
            connection: &connection,
            credentials,
        };
        let (user, gateway) = (&progress.claim.user, &self.ports.gateway);
        let password = progress.password.clone();
        let subject = Subject {
            user,
            password: password.as_ref(),
        };
        let call = async {
            match &step {
                Step::LookUp(key) => {
                    let found = gateway.look_up(target, key, user).await?;
                    Ok(found.map_or(Answer::Nobody, Answer::User))
                }
                Step::ReadBack(id) => gateway.read_back(target, id, user).await.map(Answer::User),
                Step::Update(id) => gateway.update(target, id, subject).await.map(Answer::User),
                Step::Activate(id) => gateway.activate(target, id).await.map(|()| Answer::Done),
                Step::Deactivate(id) => gateway.deactivate(target, id).await.map(|()| Answer::Done),
                Step::Delete(id) => gateway.delete(target, id).await.map(|()| Answer::Done),
                Step::Create(_) | Step::InSync | Step::Removed | Step::Ask { .. } => Ok(Answer::Done),
            }
        };
        let begun = self.now();
        let outcome = self.in_time(call).await;
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

    /// Folds an answer into what is known.
    fn fold(&self, step: &Step, answer: Answer, progress: &mut Progress) -> Next {
        let version = progress.claim.user.version;
        let known = progress.known.clone();
        progress.known = match (step, answer) {
            (Step::LookUp(key), Answer::Nobody) => known.absent(key.clone()),
            (Step::LookUp(_), Answer::User(remote)) => {
                progress.is_unlinked = progress.claim.account.known.vendor_user_id.as_ref() != Some(&remote.id);
                let applied = if remote.matches { version } else { known.applied_version };
                progress.invite_url = remote.invite_url.or(progress.invite_url.take());
                known.found(remote.id, remote.active).updated(applied)
            }
            (Step::ReadBack(_), Answer::User(remote)) => {
                let was_active = known.active;
                if progress.claim.connection.options.drift == DriftMode::Report
                    && (!remote.matches || Some(remote.active) != was_active)
                {
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
                progress.left = is_departure(progress);
                known.set_active(false)
            }
            (Step::Delete(_), _) => {
                progress.left = is_departure(progress);
                known.deleted()
            }
            _ => known,
        };
        Next::Plan
    }

    /// What follows from a step that was not done.
    async fn not_done(&self, step: &Step, error: VendorError, progress: &mut Progress) -> Result<Next, Error> {
        if error.class == OutcomeClass::NotFound && progress.known.vendor_user_id.is_some() {
            if matches!(step, Step::ReadBack(_)) && progress.claim.connection.options.drift == DriftMode::Report {
                let vendor = progress.claim.connection.vendor.title();
                return Ok(self.report(format!("{vendor} no longer has the user"), progress));
            }
            progress.denials += 1;
            if progress.denials > 1 {
                // It found the user when asked. Asking on and on would cost calls, and be no use.
                let error = contradicted(progress.claim.connection.vendor.title(), error);
                return Ok(Next::Settle(self.failed(progress, &error).await?));
            }
            // The user was taken away at the vendor: begin anew, from what is true now.
            progress.known = progress.known.clone().gone(progress.key.clone());
            return Ok(Next::Plan);
        }
        if matches!(step, Step::ReadBack(_)) && matches!(error.class, OutcomeClass::Rejected | OutcomeClass::Conflict) {
            // Nothing was asked for that another record could heal, so that nobody is bothered: it is read again in time.
            return Ok(Next::Settle(self.in_sync(progress)));
        }
        let switches = matches!(step, Step::Activate(_) | Step::Deactivate(_));
        if switches && error.class.may_have_happened() {
            progress.known = progress.known.clone().switched_unheard();
        }
        Ok(Next::Settle(self.failed(progress, &error).await?))
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
        let target = Target {
            connection: &progress.claim.connection,
            credentials,
        };
        let subject = Subject {
            user: &progress.claim.user,
            password: progress.password.as_ref(),
        };
        let outcome = self.in_time(self.ports.gateway.create(target, &key, subject)).await;
        let word = outcome.as_ref().map_or_else(|error| error.class.name(), |_| "done");
        self.note(progress, "create", begun, word, outcome.as_ref().err());
        match outcome {
            Ok(remote) => {
                progress.invite_url = remote.invite_url.or(progress.invite_url.take());
                let applied = if remote.matches { progress.claim.user.version } else { 0 };
                if progress.password.take().is_some() {
                    progress.delivered.clone_from(&progress.claim.password);
                }
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

    /// Gives a call up when its time is over: the lease must outlast it.
    async fn in_time<T>(&self, call: impl Future<Output = Result<T, VendorError>>) -> Result<T, VendorError> {
        let limit = self.leases.step;
        tokio::time::timeout(limit, call).await.unwrap_or_else(|_| {
            let message = format!("the vendor did not answer within {} s", limit.as_secs());
            Err(VendorError::new(OutcomeClass::Unknown, message))
        })
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

/// Whether a user leaves who was there: who is known to be inactive has left before.
pub(super) fn is_departure(progress: &Progress) -> bool {
    progress.claim.account.known.active != Some(false)
}

/// What differs, in plain words.
fn differences(remote: &RemoteUser, was_active: Option<bool>) -> String {
    let mut differing: Vec<&str> = remote.differing.clone();
    if Some(remote.active) != was_active {
        differing.push(if remote.active { "is active" } else { "is not active" });
    }
    format!("changed at the vendor: {}", differing.join(", "))
}
