//! The use case of replacing the operator's secret key: what was sealed with the old one is sealed anew.

use std::collections::BTreeMap;
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

    /// The keys that connections' credentials are sealed with and that are not live, by their ids, each with the number of
    /// those connections. Nothing is opened, and initial passwords, of which there are as many as users, are not looked at.
    pub async fn missing_keys(&self) -> Result<BTreeMap<String, u64>, Error> {
        let mut missing = BTreeMap::new();
        let mut after = None;
        loop {
            let page = self.store.sealed(after, PAGE).await?;
            // Connections come first.
            let connections = page
                .iter()
                .take_while(|(at, _)| matches!(at, SealedAt::Connection(..)))
                .count();
            for (_, sealed) in &page[..connections] {
                if let Some(key) = self.secrets.missing_key(sealed) {
                    *missing.entry(key).or_default() += 1;
                }
            }
            match page.last() {
                Some((last, _)) if connections == page.len() => after = Some(*last),
                _ => return Ok(missing),
            }
        }
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
        secrets.expect_missing_key().returning(|sealed| {
            let text = String::from_utf8_lossy(sealed.as_bytes()).into_owned();
            let (key, _) = text.split_once(':')?;
            (!matches!(key, "new" | "old")).then(|| key.to_owned())
        });
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
    async fn the_keys_that_connections_need_and_nobody_has_are_counted_and_passwords_are_not_looked_at() {
        let password = SealedAt::Password(ORGANIZATION, user_id(1));
        let pages = vec![
            vec![(connection(1), sealed("lost:a")), (connection(2), sealed("new:b"))],
            vec![(connection(3), sealed("gone:c")), (connection(4), sealed("lost:d"))],
            vec![(connection(5), sealed("old:e")), (password, sealed("forgotten:f"))],
            vec![(SealedAt::Password(ORGANIZATION, user_id(2)), sealed("forgotten:g"))],
        ];

        let missing = Rotation::new(Arc::new(store_of(pages)), secrets()).missing_keys().await;

        let expected = [("gone", 1), ("lost", 2)].map(|(key, count)| (key.to_owned(), count));
        assert_eq!(missing.expect("looked"), BTreeMap::from(expected));
    }

    #[tokio::test]
    async fn what_somebody_else_wrote_meanwhile_is_theirs() {
        let mut store = store_of(vec![vec![(connection(1), sealed("old:a"))]]);
        store.expect_reseal().times(1).return_once(|_, _, _| Ok(false));

        let rotated = Rotation::new(Arc::new(store), secrets()).run().await.expect("rotated");

        assert_eq!(rotated, Rotated::default());
    }
}
