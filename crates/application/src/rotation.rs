//! The use case of replacing the operator's secret key: what was sealed with the old one is sealed anew.

use std::sync::Arc;

use crate::credentials;
use crate::error::Error;
use crate::ports::{SealedAt, SealedStore, Secrets, SecretsError};
use crate::users::password_context;

/// How many sealed values are read at a time.
const PAGE: u32 = 200;

/// The use case of replacing the operator's secret key.
#[derive(Clone)]
pub struct Rotation {
    store: Arc<dyn SealedStore>,
    secrets: Arc<dyn Secrets>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rotated {
    /// How many were sealed anew.
    pub resealed: u64,
    /// How many had been sealed with the present key before.
    pub current: u64,
    /// How many cannot be opened with any key that is live. They are left as they are.
    pub unreadable: u64,
}

impl Rotation {
    /// Puts the use case together.
    #[must_use]
    pub fn new(store: Arc<dyn SealedStore>, secrets: Arc<dyn Secrets>) -> Self {
        Self { store, secrets }
    }

    /// Seals everything with the present key that is sealed with another one. It may be interrupted, repeated, and run by
    /// several at once; what is written meanwhile is left to whoever writes it.
    pub async fn run(&self) -> Result<Rotated, Error> {
        let mut rotated = Rotated::default();
        let mut after = None;
        loop {
            let page = self.store.sealed(after, PAGE).await?;
            let Some((last, _)) = page.last() else {
                return Ok(rotated);
            };
            after = Some(*last);
            for (at, sealed) in &page {
                if self.secrets.is_current(sealed) {
                    rotated.current += 1;
                    continue;
                }
                let context = context(at);
                match self.secrets.open(sealed, &context) {
                    Ok(clear) => {
                        let anew = self.secrets.seal(&clear, &context)?;
                        rotated.resealed += u64::from(self.store.reseal(at, sealed, &anew).await?);
                    }
                    Err(SecretsError::UnknownKey | SecretsError::Damaged) => rotated.unreadable += 1,
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
}

/// What a value was sealed for.
fn context(at: &SealedAt) -> String {
    match at {
        SealedAt::Connection(_, id) => credentials::context(*id),
        SealedAt::Password(_, id) => password_context(*id),
    }
}

#[cfg(test)]
mod tests {
    use roster_domain::{ConnectionId, OrganizationId};
    use uuid::Uuid;

    use super::*;
    use crate::ports::{MockSealedStore, MockSecrets, Sealed, StoreError};
    use crate::testing::user_id;

    const ORGANIZATION: OrganizationId = OrganizationId::new(Uuid::from_u128(9));

    fn connection(number: u128) -> SealedAt {
        SealedAt::Connection(ORGANIZATION, ConnectionId::new(Uuid::from_u128(number)))
    }

    fn sealed(text: &str) -> Sealed {
        Sealed::new(text.as_bytes().to_vec())
    }

    /// Secrets whose form shows the key: `new:` or `old:`.
    fn secrets() -> Arc<dyn Secrets> {
        let mut secrets = MockSecrets::new();
        secrets
            .expect_is_current()
            .returning(|sealed| sealed.as_bytes().starts_with(b"new:"));
        secrets.expect_open().returning(|sealed, context| {
            let clear = sealed
                .as_bytes()
                .strip_prefix(b"old:")
                .ok_or(SecretsError::UnknownKey)?;
            assert!(context.contains("connection") || context.contains("password of user"));
            Ok(zeroize::Zeroizing::new(clear.to_vec()))
        });
        secrets
            .expect_seal()
            .returning(|clear, _| Ok(Sealed::new([b"new:", clear].concat())));
        Arc::new(secrets)
    }

    fn store_of(pages: Vec<Vec<(SealedAt, Sealed)>>) -> MockSealedStore {
        let mut store = MockSealedStore::new();
        let mut pages = pages.into_iter();
        store
            .expect_sealed()
            .returning(move |_, _| Ok::<_, StoreError>(pages.next().unwrap_or_default()));
        store
    }

    #[tokio::test]
    async fn what_is_sealed_with_the_old_key_is_sealed_anew_and_all_else_is_left() {
        let password = SealedAt::Password(ORGANIZATION, user_id(1));
        let mut store = store_of(vec![
            vec![(connection(1), sealed("old:a")), (connection(2), sealed("new:b"))],
            vec![(connection(3), sealed("lost:c")), (password, sealed("old:d"))],
        ]);
        for (at, was, anew) in [(connection(1), "old:a", "new:a"), (password, "old:d", "new:d")] {
            store
                .expect_reseal()
                .withf(move |place, old, new| *place == at && *old == sealed(was) && *new == sealed(anew))
                .times(1)
                .return_once(|_, _, _| Ok(true));
        }

        let rotated = Rotation::new(Arc::new(store), secrets()).run().await.expect("rotated");

        let expected = Rotated {
            resealed: 2,
            current: 1,
            unreadable: 1,
        };
        assert_eq!(rotated, expected);
    }

    #[tokio::test]
    async fn what_somebody_else_wrote_meanwhile_is_theirs() {
        let mut store = store_of(vec![vec![(connection(1), sealed("old:a"))]]);
        store.expect_reseal().times(1).return_once(|_, _, _| Ok(false));

        let rotated = Rotation::new(Arc::new(store), secrets()).run().await.expect("rotated");

        assert_eq!(rotated, Rotated::default());
    }
}
