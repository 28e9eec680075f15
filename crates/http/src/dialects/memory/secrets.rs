//! Secrets in memory: sealing that hides nothing, and passwords that are kept until they are asked for.

use roster_application::ports::{Sealed, Secrets, SecretsError};
use roster_domain::{User, UserId};
use zeroize::Zeroizing;

use super::Memory;

impl Memory {
    /// The initial password that is kept for a user, and what it is sealed for.
    pub(crate) fn kept_password(&self, id: UserId) -> Option<String> {
        let passwords = self.passwords.lock().unwrap();
        let (_, kept) = passwords.iter().find(|(of, _)| *of == id)?;
        String::from_utf8(kept.as_bytes().to_vec()).ok()
    }

    pub(super) fn keep_password(&self, user: &User, password: Option<&Sealed>) {
        let mut passwords = self.passwords.lock().unwrap();
        if password.is_some() || user.deleted_at.is_some() {
            passwords.retain(|(of, _)| *of != user.id);
        }
        passwords.extend(password.map(|password| (user.id, password.clone())));
    }
}

/// `context: text`, so that tests see both.
impl Secrets for Memory {
    fn seal(&self, clear: &[u8], context: &str) -> Result<Sealed, SecretsError> {
        Ok(Sealed::new([context.as_bytes(), b": ", clear].concat()))
    }

    fn is_current(&self, _sealed: &Sealed) -> bool {
        true
    }

    fn missing_key(&self, _sealed: &Sealed) -> Option<String> {
        None
    }

    fn open(&self, sealed: &Sealed, context: &str) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
        let front = [context.as_bytes(), b": "].concat();
        let clear = sealed.as_bytes().strip_prefix(front.as_slice());
        clear
            .map(|clear| Zeroizing::new(clear.to_vec()))
            .ok_or(SecretsError::Damaged)
    }
}
