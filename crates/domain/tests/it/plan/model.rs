//! A vendor in memory, and a worker that does what `plan` says there. Both note every breach of the promises.

use std::collections::HashSet;

use roster_domain::{
    Capabilities, Cause, Change, Known, OnLeave, PhiGuard, Presence, Remedy, Step, User, UserChanges, Vendor,
    VendorKey, VendorUserId, plan,
};

use crate::given::{at, set, user};

/// The most steps that one claim may take, the last one included.
pub(super) const MOST_STEPS: usize = 8;

/// What happens between a worker and the vendor during one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The vendor acts and answers.
    None,
    /// The vendor acts, and the answer is lost.
    ReplyLost,
    /// The vendor never hears of it, and the worker cannot know.
    RequestLost,
    /// The vendor refuses without acting, and says so.
    Refused,
    /// The worker dies before anything is sent.
    CrashBefore,
    /// The worker dies after the vendor acted, before anything is stored.
    CrashAfter,
}

/// What people do, and what workers meet.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// The user gets another name.
    Edit,
    /// The user gets another external id and another address.
    Rekey,
    /// The user gets another external id, and keeps the address.
    Renumber,
    /// The user loses the address.
    LoseEmail,
    /// The user gets an address.
    GainEmail,
    /// The user may no longer work.
    Deactivate,
    /// The user may work again.
    Activate,
    /// The user is deleted.
    Delete,
    /// The user belongs to the connection.
    Assign,
    /// The user no longer belongs to the connection.
    Unassign,
    /// Somebody deletes the user at the vendor.
    Vanish,
    /// Somebody changes the user at the vendor.
    Meddle,
    /// A worker takes the account to see how the user stands, and meets these faults.
    Doubt(Vec<Fault>),
    /// A worker takes the account and meets these faults, one a step.
    Work(Vec<Fault>),
    /// A worker takes the account twice, to see how the user stands, while the vendor finds nobody whom it has and yet
    /// refuses to have them twice.
    Forget,
}

/// A user as the vendor has it.
#[derive(Debug, Clone)]
struct Remote {
    id: VendorUserId,
    key: VendorKey,
    /// The address under which a vendor without look-up has the user, which need not be its key.
    email: Option<String>,
    active: bool,
    version: i64,
    made_by_us: bool,
}

/// User, account and vendor together.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that happened, named as such"
)]
pub(super) struct World {
    can: Capabilities,
    /// Whether an update can change the key of a user.
    rekeys: bool,
    on_leave: OnLeave,
    is_assigned: bool,
    user: User,
    stored: Known,
    remotes: Vec<Remote>,
    /// Keys of creates whose outcome nobody knows, which were not looked up since.
    unsettled: HashSet<VendorKey>,
    /// Somebody deleted the user at the vendor, and no call has told the worker yet. That is for the read-back of
    /// accounts to notice, where nothing else is to be sent.
    vanished: bool,
    /// Somebody changed the user at the vendor, and no call has told the worker yet.
    meddled: bool,
    /// The vendor finds nobody, whomever it has.
    forgets: bool,
    /// The vendor is to be asked how the user stands, and no claim that did so has come to its end since.
    is_doubted: bool,
    /// Failed attempts since the user changed.
    attempts: u32,
    ids: u32,
    clock: i64,
}

/// What came of one call.
enum Outcome {
    /// Go on with this.
    Known(Known),
    /// The claim ends here, and this much is stored.
    Ended(Known),
    /// The vendor cannot change the key of a user, and a person is asked. This much is stored.
    Asked(Known),
    /// The worker is gone, and with it all that was not stored.
    Crashed,
}

/// What is known after a step of which nothing was heard.
fn unheard(step: &Step, known: Known) -> Known {
    match step {
        Step::Activate(_) | Step::Deactivate(_) => known.switched_unheard(),
        _ => known,
    }
}

impl World {
    /// An organization's user who is new, and a vendor that may know somebody of the same key already.
    pub(super) fn new(can: Capabilities, on_leave: OnLeave, known_to_vendor: bool) -> Self {
        let changes = UserChanges {
            external_id: set("id-0"),
            email: set("ann-0@example.org"),
            ..UserChanges::default()
        };
        let mut world = Self {
            can,
            rekeys: true,
            on_leave,
            is_assigned: true,
            user: user(&changes),
            stored: Known::default(),
            remotes: Vec::new(),
            unsettled: HashSet::new(),
            vanished: false,
            meddled: false,
            forgets: false,
            is_doubted: false,
            attempts: 0,
            ids: 0,
            clock: 0,
        };
        if known_to_vendor {
            let key = world.key().expect("the user has all keys");
            world.add(key, false);
        }
        world
    }

    /// The same vendor, which cannot change the key of a user.
    pub(super) fn without_rekeying(self) -> Self {
        Self { rekeys: false, ..self }
    }

    pub(super) fn happen(&mut self, event: &Event) {
        self.clock += 1;
        let number = self.clock;
        let keep = UserChanges::default();
        match event {
            Event::Edit => self.change(&UserChanges {
                last_name: set(format!("Lee {number}")),
                ..keep
            }),
            Event::Rekey => self.change(&UserChanges {
                external_id: set(format!("id-{number}")),
                email: set(format!("ann-{number}@example.org")),
                ..keep
            }),
            Event::Renumber => self.change(&UserChanges {
                external_id: set(format!("id-{number}")),
                ..keep
            }),
            Event::LoseEmail => self.change(&UserChanges {
                email: Change::Clear,
                ..keep
            }),
            Event::GainEmail => self.change(&UserChanges {
                email: set(format!("ann-{number}@example.org")),
                ..keep
            }),
            Event::Deactivate => self.change(&UserChanges {
                active: Change::Set(false),
                ..keep
            }),
            Event::Activate => self.change(&UserChanges {
                active: Change::Set(true),
                ..keep
            }),
            Event::Delete if self.user.deleted_at.is_none() => {
                self.user = self.user.delete(at(number));
                self.attempts = 0;
            }
            Event::Vanish => {
                let before = self.remotes.len();
                self.remotes
                    .retain(|remote| Some(&remote.id) != self.stored.vendor_user_id.as_ref());
                self.vanished |= self.remotes.len() < before;
            }
            Event::Assign | Event::Unassign => {
                let is_assigned = matches!(event, Event::Assign);
                if is_assigned != self.is_assigned && self.user.deleted_at.is_none() {
                    self.is_assigned = is_assigned;
                    // As stores do it: the account is behind again.
                    self.stored.applied_version = self.stored.applied_version.min(self.user.version - 1);
                    self.attempts = 0;
                }
            }
            Event::Meddle => {
                let theirs = self.stored.vendor_user_id.as_ref();
                if let Some(remote) = self.remotes.iter_mut().find(|it| Some(&it.id) == theirs) {
                    remote.active = !remote.active;
                    remote.version = 0;
                    self.meddled = true;
                }
            }
            Event::Work(faults) => {
                self.work(faults);
            }
            // What was sent and not heard of can be found by nothing but a look-up, which says that it has not happened.
            Event::Forget if self.stored.intent.is_some() => {}
            Event::Forget => {
                self.forgets = true;
                self.is_doubted = true;
                self.work(&[]);
                self.work(&[]);
                self.forgets = false;
            }
            Event::Doubt(faults) => {
                self.is_doubted = true;
                self.work(faults);
            }
            Event::Delete => {}
        }
    }

    fn change(&mut self, changes: &UserChanges) {
        if self.user.deleted_at.is_none() {
            let revision = self.user.update(changes, PhiGuard::Off, at(self.clock)).expect("valid");
            self.user = revision.user;
            if revision.changed {
                self.attempts = 0;
            }
        }
    }

    /// One claim: plan, act and fold until nothing is left to do. Returns the last step of a claim that came to its end.
    fn work(&mut self, faults: &[Fault]) -> Option<Step> {
        let presence = self.presence();
        let mut known = self
            .stored
            .clone()
            .recalled(&self.user, presence, &self.can, self.attempts);
        if self.is_doubted {
            known = known.doubted();
        }
        for taken in 0..MOST_STEPS {
            let step = plan(&self.user, presence, Vendor::Upheal, &known, &self.can);
            self.assert_allowed(&step);
            if step.operation().is_none() {
                if matches!(step, Step::InSync | Step::Removed) {
                    known.applied_version = self.user.version;
                }
                self.stored = known;
                self.attempts = 0;
                self.is_doubted = false;
                return Some(step);
            }
            let outcome = self.act(&step, known, faults.get(taken).copied().unwrap_or(Fault::None));
            self.assert_no_duplicate();
            known = match outcome {
                Outcome::Known(known) => known,
                Outcome::Ended(known) => {
                    self.stored = known;
                    return None;
                }
                Outcome::Asked(known) => {
                    self.stored = known;
                    self.is_doubted = false;
                    return Some(Step::Ask {
                        cause: Cause::Rejected,
                        message: "the key of a user cannot be changed".to_owned(),
                        remedy: Remedy::Customer,
                    });
                }
                Outcome::Crashed => return None,
            };
        }
        panic!("no end after {MOST_STEPS} steps: {self:#?}");
    }

    fn act(&mut self, step: &Step, known: Known, fault: Fault) -> Outcome {
        let known = match step {
            Step::Create(key) => {
                self.stored.intent = Some(key.clone());
                known.intending(key.clone())
            }
            _ => known,
        };
        if let (Step::Create(key), Fault::ReplyLost | Fault::RequestLost | Fault::CrashBefore | Fault::CrashAfter) =
            (step, fault)
        {
            self.unsettled.insert(key.clone());
        }
        if matches!(step, Step::Update(id) if !self.can_update(id)) {
            return Outcome::Asked(known);
        }
        // An answer that is lost tells nothing, and asking changes nothing.
        let fault = match (step, fault) {
            (Step::LookUp(_) | Step::ReadBack(_), Fault::ReplyLost) => Fault::RequestLost,
            (Step::LookUp(_) | Step::ReadBack(_), Fault::CrashAfter) => Fault::CrashBefore,
            (_, fault) => fault,
        };
        match fault {
            Fault::None => {
                let known = self.effect(step, known);
                // Who was found or made under an old key is stored before the key is changed: from then on, only the
                // vendor's id leads there.
                match step {
                    Step::LookUp(key) | Step::Create(key)
                        if known.there().is_some() && Some(key) != self.key().as_ref() =>
                    {
                        Outcome::Ended(known)
                    }
                    // That the vendor denies the user is stored before anything follows from it.
                    _ if known.is_missing && !self.stored.is_missing => Outcome::Ended(known),
                    _ => Outcome::Known(known),
                }
            }
            Fault::ReplyLost => {
                self.effect(step, known.clone());
                self.attempts += 1;
                Outcome::Ended(unheard(step, known))
            }
            Fault::CrashAfter => {
                self.effect(step, known);
                Outcome::Crashed
            }
            Fault::RequestLost => {
                self.attempts += 1;
                Outcome::Ended(unheard(step, known))
            }
            Fault::Refused => {
                self.attempts += 1;
                Outcome::Ended(known)
            }
            Fault::CrashBefore => Outcome::Crashed,
        }
    }

    /// What the vendor does, and what its answer says.
    fn effect(&mut self, step: &Step, known: Known) -> Known {
        match step {
            Step::LookUp(key) => {
                self.unsettled.remove(key);
                match self.remotes.iter().find(|remote| remote.key == *key) {
                    Some(remote) if !self.forgets => {
                        let matches = remote.version == self.user.version;
                        let known = known.found(remote.id.clone(), remote.active);
                        if matches {
                            known.updated(self.user.version)
                        } else {
                            known
                        }
                    }
                    _ => known.absent(key.clone()),
                }
            }
            Step::Create(key) => self.create(key, known),
            Step::Update(id) => {
                let (key, version, email) = (self.key(), self.user.version, self.email());
                self.with(id, known, |remote, known| {
                    remote.version = version;
                    remote.key = key.unwrap_or_else(|| remote.key.clone());
                    remote.email = email;
                    // The worker may have died over a deactivation; the answer says how the user stands.
                    known.updated(version).set_active(remote.active)
                })
            }
            Step::Activate(id) => self.with(id, known, |remote, known| {
                remote.active = true;
                known.set_active(true)
            }),
            Step::Deactivate(id) => self.with(id, known, |remote, known| {
                remote.active = false;
                known.set_active(false)
            }),
            Step::Delete(_) if self.forgets => known.gone(),
            Step::Delete(id) => {
                self.remotes.retain(|remote| remote.id != *id);
                (self.vanished, self.meddled) = (false, false);
                known.deleted(self.can.look_up.and(self.key()))
            }
            Step::ReadBack(id) => {
                let version = self.user.version;
                let may_wait = !(self.user.active || self.can.update && self.can.update_inactive);
                let known = self.with(id, known, |remote, known| {
                    known.read_back(remote.active, remote.version == version || may_wait)
                });
                self.meddled = false;
                known
            }
            Step::InSync | Step::Removed | Step::Ask { .. } | Step::Wait { .. } => {
                unreachable!("nothing is sent for {step:?}")
            }
        }
    }

    fn create(&mut self, key: &VendorKey, known: Known) -> Known {
        if self.forgets && !self.remotes.is_empty() {
            return known.duplicate();
        }
        let email = self.email();
        let is_upsert = self.can.look_up.is_none();
        // What was sent under an earlier key is not what the user should be there.
        let version = if Some(key) == self.key().as_ref() {
            self.user.version
        } else {
            0
        };
        let same = self.remotes.iter_mut().find(|remote| remote.key == *key);
        match same {
            // Where nobody can look, a create finds whom it made before, and only another address is refused.
            Some(remote) if is_upsert && (remote.email == email || !self.can.refuses_duplicates) => {
                remote.version = version;
                remote.email = email;
                let (id, active) = (remote.id.clone(), remote.active);
                self.unsettled.remove(key);
                known.created(id, active, version)
            }
            Some(_) if self.can.refuses_duplicates => known.duplicate(),
            _ => {
                self.unsettled.remove(key);
                let id = self.add(key.clone(), true);
                known.created(id, true, version)
            }
        }
    }

    /// Whether an update of somebody would be taken: it carries the user's present key.
    fn can_update(&self, id: &VendorUserId) -> bool {
        let theirs = self.remotes.iter().find(|remote| remote.id == *id);
        let key = self.key();
        self.rekeys || theirs.is_none_or(|remote| key.is_none_or(|key| key == remote.key))
    }

    fn email(&self) -> Option<String> {
        self.user.profile.email.as_ref().map(|email| email.as_str().to_owned())
    }

    fn add(&mut self, key: VendorKey, made_by_us: bool) -> VendorUserId {
        self.ids += 1;
        let id = VendorUserId::new(format!("remote-{}", self.ids));
        let is_present = Some(&key) == self.key().as_ref();
        let version = if made_by_us && is_present { self.user.version } else { 0 };
        let email = self.email();
        self.remotes.push(Remote {
            id: id.clone(),
            key,
            email,
            active: true,
            version,
            made_by_us,
        });
        id
    }

    fn with(&mut self, id: &VendorUserId, known: Known, act: impl FnOnce(&mut Remote, Known) -> Known) -> Known {
        if self.forgets {
            return known.gone();
        }
        if let Some(remote) = self.remotes.iter_mut().find(|remote| remote.id == *id) {
            return act(remote, known);
        }
        self.vanished = false;
        self.meddled = false;
        known.gone()
    }

    fn key(&self) -> Option<VendorKey> {
        self.can.key_of(&self.user)
    }

    fn assert_allowed(&self, step: &Step) {
        let allowed = match step {
            Step::LookUp(_) => self.can.look_up.is_some(),
            Step::Create(key) => {
                assert_eq!(self.presence(), Presence::Active, "who should not be there is created");
                let is_repeated = self.can.look_up.is_none() && self.stored.intent.as_ref() == Some(key);
                assert!(
                    is_repeated || Some(key) == self.key().as_ref(),
                    "a create goes under the present key, or is repeated"
                );
                self.unsettled.iter().all(|unsettled| is_repeated && unsettled == key)
            }
            Step::Update(_) => self.can.update,
            Step::Activate(_) => self.can.reactivate,
            Step::Deactivate(_) => self.can.deactivate,
            Step::Delete(_) => self.can.delete && self.presence() == Presence::Away(OnLeave::Delete),
            Step::ReadBack(_) => self.can.read_back,
            Step::InSync | Step::Removed | Step::Ask { .. } | Step::Wait { .. } => true,
        };
        assert!(allowed, "{step:?} must not be planned: {self:#?}");
    }

    fn assert_no_duplicate(&self) {
        let made = self.remotes.iter().filter(|remote| remote.made_by_us).count();
        assert!(made <= 1, "the vendor has the user {made} times: {self:#?}");
    }

    /// Claims that nothing disturbs, until there is nothing left to do. One that found the user under an old key is
    /// given back once, and one that was told that nobody is there.
    pub(super) fn settle(&mut self) -> Step {
        self.work(&[])
            .or_else(|| self.work(&[]))
            .or_else(|| self.work(&[]))
            .expect("the third claim comes to its end")
    }

    /// The same, after asking the vendor how the user stands.
    pub(super) fn verify(&mut self) -> Step {
        self.is_doubted = true;
        self.settle()
    }

    /// Whether what somebody did at the vendor is still unnoticed, of a user who should be there.
    pub(super) fn is_astray(&self) -> bool {
        (self.vanished || self.meddled) && !matches!(self.presence(), Presence::Away(_))
    }

    fn presence(&self) -> Presence {
        Presence::of(&self.user, self.is_assigned, self.on_leave)
    }

    /// After a claim that nothing disturbed, the vendor has what it should have, or there is a good reason to ask.
    pub(super) fn assert_settled(&self, last: &Step) {
        let theirs = self
            .stored
            .vendor_user_id
            .as_ref()
            .and_then(|id| self.remotes.iter().find(|it| it.id == *id));
        match last {
            Step::InSync => {
                assert!(!matches!(self.presence(), Presence::Away(_)), "who is away is in sync");
                match theirs {
                    Some(_) if self.meddled => {}
                    Some(remote) => {
                        assert_eq!(remote.active, self.user.active, "{self:#?}");
                        let is_taken = self.can.update && self.can.update_inactive;
                        let may_wait = !self.user.active && !is_taken;
                        assert!(
                            may_wait || remote.version == self.user.version,
                            "stale fields: {self:#?}"
                        );
                    }
                    None if self.vanished => assert!(self.stored.vendor_user_id.is_some(), "{self:#?}"),
                    None => assert!(
                        !self.user.active && self.active_by_us() == 0,
                        "nobody is there: {self:#?}"
                    ),
                }
            }
            Step::Removed => {
                assert!(matches!(self.presence(), Presence::Away(_)));
                let should_be_deleted = self.can.delete && self.on_leave == OnLeave::Delete;
                assert!(theirs.is_none() || !should_be_deleted, "{self:#?}");
                assert!(
                    self.meddled || !self.is_found_active(),
                    "whoever put them there: {self:#?}"
                );
                assert!(
                    self.meddled || theirs.is_none_or(|remote| !remote.active) && self.active_by_us() == 0,
                    "{self:#?}"
                );
            }
            Step::Ask {
                cause: Cause::MissingField,
                ..
            } => {
                let lacks_required = self.can.required.iter().any(|field| !field.is_in(&self.user));
                assert!(lacks_required || self.key().is_none(), "{self:#?}");
            }
            Step::Ask {
                cause: Cause::Unsupported,
                ..
            } => {
                let lost_sight = self.can.look_up.is_none() && self.stored.intent.is_some();
                let lacks = !self.can.update || !self.can.deactivate || !self.can.reactivate;
                assert!(lacks || lost_sight, "{self:#?}");
            }
            Step::Ask {
                cause: Cause::HeldElsewhere,
                ..
            } => assert!(self.can.look_up.is_none(), "{self:#?}"),
            Step::Ask {
                cause: Cause::Rejected, ..
            } => assert!(!self.rekeys, "{self:#?}"),
            step => panic!("{step:?} is no end"),
        }
    }

    /// Whether the vendor can be asked for whom it has under the user's key, and has somebody there who may work.
    fn is_found_active(&self) -> bool {
        let key = self.can.look_up.and(self.key());
        let is_theirs = |remote: &Remote| remote.active && Some(&remote.key) == key.as_ref();
        self.remotes.iter().any(is_theirs)
    }

    /// What was made for this user and still lets it work.
    fn active_by_us(&self) -> usize {
        let any = |remote: &&Remote| remote.made_by_us && remote.active;
        self.remotes.iter().filter(any).count()
    }
}
