//! How often one may be wrong about a password.

use std::hash::{BuildHasher, RandomState};

use roster_application::authentication::{Authentication, Caller};
use roster_domain::{Email, Surface};
use roster_wire::corti::Secret;
use secrecy::SecretString;
use tokio::sync::Mutex;

use crate::dialects::rate_limit::RateLimit;
use crate::refusal::Refusal;

/// How many wrong passwords an address may be tried with in a minute. A right one does not count.
const FAILURES_PER_MINUTE: u32 = 10;

/// How many addresses can sign in at the same time.
const TURNS: usize = 64;

/// Signs service accounts in, and stops whoever guesses. Addresses that nobody has are counted like those that somebody
/// has, so that being stopped tells nothing either.
pub(super) struct Logins {
    failures: RateLimit<String>,
    /// One login of an address at a time, so that many at once are no more guesses than many in a row.
    turns: [Mutex<()>; TURNS],
    hasher: RandomState,
}

impl Default for Logins {
    fn default() -> Self {
        Self {
            failures: RateLimit::per_minute(FAILURES_PER_MINUTE),
            turns: [const { Mutex::const_new(()) }; TURNS],
            hasher: RandomState::new(),
        }
    }
}

impl Logins {
    /// The service account of an address and a password. Every wrong login is refused with the same words.
    pub(super) async fn sign_in(
        &self,
        authentication: &Authentication,
        email: &Email,
        password: &Secret,
    ) -> Result<Caller, Refusal> {
        let address = email.folded().to_owned();
        let _turn = self.turn_of(&address).lock().await;
        self.failures.peek(&address)?;
        let password = SecretString::from(password.expose().to_owned());
        let found = authentication.by_service_account(email.as_str(), password, Surface::Corti);
        let Some(caller) = found.await? else {
            self.failures.count(&address);
            return Err(Refusal::unauthorized("e-mail address or password is wrong"));
        };
        Ok(caller)
    }

    fn turn_of(&self, address: &str) -> &Mutex<()> {
        let index = self.hasher.hash_one(address) % self.turns.len() as u64;
        &self.turns[usize::try_from(index).unwrap_or_default()]
    }
}
