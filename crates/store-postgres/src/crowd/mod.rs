//! Crowds: what many ask for at the same moment is done in one statement.
//!
//! Whoever comes while nobody is under way goes at once and alone, so that a single caller pays nothing. While somebody is
//! under way, whoever comes waits, and the next to go takes all who wait along. So groups are as large as the database is
//! slow, and nobody waits for a group to fill. Where many wait, another group goes beside the one that is under way.
//!
//! A group is a shortcut and never the last word: whoever does not get through in it goes alone afterwards, and hears what
//! anybody hears who went alone. A group runs in a task of its own, so that a caller who goes away takes nobody along.

mod distinct;
mod failure;
mod found;
mod lane;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use roster_application::ports::StoreError;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

pub(crate) use self::distinct::{one_each, tell_each};
pub(crate) use self::found::hand_out;

use self::failure::Failure;
use self::lane::Lane;

/// One column of many rows, as an array: what a group is sent as.
pub(crate) fn each<'a, R, T>(rows: &'a [R], column: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(column).collect()
}

/// What can be done for many at once.
pub(crate) trait Work: Send + Sync + 'static {
    /// What one caller asks for.
    type Item: Send + 'static;
    /// What one caller hears.
    type Answer: Send + 'static;

    /// Does it for all, in one statement, and answers each in the order in which they were given.
    ///
    /// An error of the database says that nothing was done for anybody, or that nobody knows.
    fn many(
        &self,
        items: Vec<Self::Item>,
    ) -> impl Future<Output = Result<Vec<Reply<Self::Answer>>, sqlx::Error>> + Send;
}

/// What a member of a group hears.
pub(crate) enum Reply<T> {
    /// It is done, or refused.
    Done(Result<T, StoreError>),
    /// Nothing was done for this one, who has to go alone.
    Alone,
}

/// Those who ask for the same kind of work.
pub(crate) struct Crowd<W: Work>(Arc<Inner<W>>);

struct Inner<W: Work> {
    work: W,
    limits: Limits,
    state: Mutex<State<W>>,
    /// Told when nobody is under way any more.
    rest: Notify,
    /// Groups begin where a caller went away, too, which may be outside of any task.
    runtime: Handle,
}

/// How a crowd is let through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The most groups that are under way at once, at least 1, unless some are held up.
    pub(crate) lanes: usize,
    /// How many wait before a group more goes beside those that are under way: each costs the database as much again as
    /// some rows do. At least 1.
    pub(crate) company: usize,
    /// The most members of a group.
    pub(crate) members: usize,
    /// When somebody has waited for longer, all who wait go in a lane more: those that there are seem to be held up, by a lock
    /// or by a connection that is lost without a word.
    pub(crate) patience: Duration,
}

struct State<W: Work> {
    under_way: usize,
    /// How many of them were given up by those who waited for long.
    held_up: usize,
    /// Numbers those under way, in the order in which they began.
    beginnings: u64,
    /// All that are under way and began before this one were given up.
    given_up_before: u64,
    waiting: VecDeque<Waiting<W>>,
    /// Numbers those who wait, in the order in which they came.
    arrivals: u64,
    closed: bool,
}

impl<W: Work> State<W> {
    /// Those under way from whom something is to be expected.
    fn active(&self) -> usize {
        self.under_way - self.held_up
    }

    /// Counts one more as under way.
    fn begin(&mut self) -> u64 {
        self.under_way += 1;
        self.beginnings += 1;
        self.beginnings - 1
    }

    /// Whether whoever comes can go at once.
    fn is_free(&self) -> bool {
        self.active() == 0
    }
}

struct Waiting<W: Work> {
    number: u64,
    item: W::Item,
    turn: oneshot::Sender<Turn<W>>,
}

/// What ends the wait.
enum Turn<W: Work> {
    /// Nobody else waited: go alone.
    Go(Lane<W>),
    /// The group has been and gone.
    Over(Reply<W::Answer>),
}

impl<W: Work> Crowd<W> {
    /// A crowd that nobody is in yet.
    pub(crate) fn new(work: W, limits: Limits) -> Self {
        Self(Arc::new(Inner {
            work,
            limits,
            state: Mutex::new(State {
                under_way: 0,
                held_up: 0,
                beginnings: 0,
                given_up_before: 0,
                waiting: VecDeque::new(),
                arrivals: 0,
                closed: false,
            }),
            rest: Notify::new(),
            runtime: Handle::current(),
        }))
    }

    /// Asks in a group where others ask, too, and otherwise alone. `item` is made only for a group.
    ///
    /// A caller who goes away while waiting has asked for nothing.
    pub(crate) async fn ask(
        &self,
        item: impl FnOnce() -> W::Item + Send,
        alone: impl Future<Output = Result<W::Answer, StoreError>> + Send,
    ) -> Result<W::Answer, StoreError> {
        let turn = match Inner::enter(&self.0) {
            Some(lane) => Turn::Go(lane),
            None => self.queue(item()).await?,
        };
        match turn {
            Turn::Go(lane) => {
                let answer = alone.await;
                drop(lane);
                answer
            }
            Turn::Over(Reply::Done(answer)) => answer,
            Turn::Over(Reply::Alone) => alone.await,
        }
    }

    async fn queue(&self, item: W::Item) -> Result<Turn<W>, StoreError> {
        let (turn, mut told) = oneshot::channel();
        let number = {
            let mut state = self.0.state();
            if state.closed {
                return Ok(Turn::Over(Reply::Alone));
            }
            if state.is_free() {
                return Ok(Turn::Go(Lane::new(&self.0, state.begin())));
            }
            let number = state.arrivals;
            state.arrivals += 1;
            state.waiting.push_back(Waiting { number, item, turn });
            if state.active() < self.0.limits.lanes && state.waiting.len() >= self.0.limits.company {
                let lane = Lane::new(&self.0, state.begin());
                drop(state);
                // Left at once, for those who wait.
                drop(lane);
            }
            number
        };
        let told = loop {
            match tokio::time::timeout(self.0.limits.patience, &mut told).await {
                Ok(told) => break told,
                Err(_) if Inner::relieve(&self.0, number) => {}
                Err(_) => break told.await,
            }
        };
        told.map_err(|_| StoreError::Internal("the group ended without a word".into()))
    }

    /// Lets everybody through who waits; from now on everybody goes alone.
    pub(crate) async fn close(&self) {
        loop {
            let rest = self.0.rest.notified();
            tokio::pin!(rest);
            // Before looking, so that nothing is missed.
            rest.as_mut().enable();
            let is_at_rest = {
                let mut state = self.0.state();
                state.closed = true;
                state.under_way == 0
            };
            if is_at_rest {
                return;
            }
            rest.await;
        }
    }
}

impl<W: Work> Inner<W> {
    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A lane, if nobody is under way.
    fn enter(inner: &Arc<Self>) -> Option<Lane<W>> {
        let mut state = inner.state();
        let is_free = state.is_free() && !state.closed;
        is_free.then(|| Lane::new(inner, state.begin()))
    }

    /// Lets those who wait go in a lane more, if a certain one is still among them.
    fn relieve(inner: &Arc<Self>, number: u64) -> bool {
        let lane = {
            let mut state = inner.state();
            if state
                .waiting
                .binary_search_by_key(&number, |waiting| waiting.number)
                .is_err()
            {
                return false;
            }
            state.held_up = state.under_way;
            state.given_up_before = state.beginnings;
            Lane::new(inner, state.begin())
        };
        drop(lane);
        true
    }

    /// The next to go in a lane that was left, without those who went away. Nobody means that the lane is closed: one that
    /// was held up has been made up for.
    fn next(&self, beginning: u64) -> (Vec<Waiting<W>>, u64) {
        let mut state = self.state();
        let was_held_up = beginning < state.given_up_before;
        state.held_up -= usize::from(was_held_up);
        let is_surplus = was_held_up && state.active() > self.limits.lanes;
        let members = if is_surplus { 0 } else { self.limits.members };
        let mut next = Vec::new();
        while next.len() < members
            && let Some(waiting) = state.waiting.pop_front()
        {
            if !waiting.turn.is_closed() {
                next.push(waiting);
            }
        }
        if next.is_empty() {
            state.under_way -= 1;
            if state.under_way == 0 {
                self.rest.notify_waiters();
            }
        }
        let beginning = state.beginnings;
        state.beginnings += 1;
        (next, beginning)
    }

    /// Lets the next go in a lane that was left.
    fn pass_on(inner: &Arc<Self>, beginning: u64) {
        let (mut next, beginning) = inner.next(beginning);
        match next.len() {
            0 => {}
            1 => {
                if let Some(waiting) = next.pop() {
                    // Where the caller went away just now, the lane comes back, and is left again.
                    let _ = waiting.turn.send(Turn::Go(Lane::new(inner, beginning)));
                }
            }
            _ => {
                let lane = Lane::new(inner, beginning);
                inner.runtime.spawn(Self::run(Arc::clone(inner), lane, next));
            }
        }
    }

    async fn run(inner: Arc<Self>, lane: Lane<W>, group: Vec<Waiting<W>>) {
        let (items, turns): (Vec<_>, Vec<_>) = group.into_iter().map(|waiting| (waiting.item, waiting.turn)).unzip();
        let outcome = inner.work.many(items).await;
        // The database has the next group before the members of this one go on.
        drop(lane);
        match outcome {
            Ok(replies) => {
                for (turn, reply) in turns.into_iter().zip(replies) {
                    let _ = turn.send(Turn::Over(reply));
                }
            }
            Err(error) => {
                let failure = Failure::new(error);
                for turn in turns {
                    let _ = turn.send(Turn::Over(failure.reply()));
                }
            }
        }
    }
}
