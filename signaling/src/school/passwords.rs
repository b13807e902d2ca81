//! Passwords of local accounts: argon2id, a few at a time.
//!
//! Invariant: at most [`MAX_HASHING`] run at once and [`MAX_WAITING_HASHES`] wait, so that a flood of
//! logins costs a bounded part of the machine that lessons run on; a login that nobody has takes as
//! long as one with a wrong password.

use super::problem::{Answer, Refused};
use crate::limits::{MAX_HASHING, MAX_WAITING_HASHES};
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, SaltString};
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use homeroom_protocol::school::ProblemCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// What a login nobody has is compared with: the hash of a random text, with our parameters.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
                      RdescudvJCsgt3ub+b4dUjwSzJ4Dnvg2Fe5PvNUb7Rk";

/// The hashing of one server.
#[derive(Debug)]
pub(crate) struct Passwords {
    running: Semaphore,
    waiting: AtomicUsize,
}

impl Passwords {
    pub const fn new() -> Self {
        Self {
            running: Semaphore::const_new(MAX_HASHING),
            waiting: AtomicUsize::new(0),
        }
    }

    /// The hash of a new password, in PHC form.
    pub async fn hash(&self, password: String) -> Answer<String> {
        self.work(move || {
            let salt = SaltString::generate(&mut OsRng);
            let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).ok()
        })
        .await?
        .ok_or_else(|| Refused::internal("a password cannot be hashed"))
    }

    /// Whether a password is the one behind a hash; behind none it never is, and takes as long.
    pub async fn fits(&self, password: String, hash: Option<String>) -> Answer<bool> {
        self.work(move || {
            let text = hash.as_deref().unwrap_or(NOBODY);
            let fits = PasswordHash::new(text)
                .and_then(|known| Argon2::default().verify_password(password.as_bytes(), &known));
            fits.is_ok() && hash.is_some()
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Answer<T> {
        let place = Place::take(&self.waiting).ok_or_else(|| {
            Refused::because(
                ProblemCode::TooFast,
                "many people log in: try again in a moment",
            )
        })?;
        let permit = self.running.acquire().await;
        let done = tokio::task::spawn_blocking(work).await;
        drop((permit, place));
        done.map_err(|_| Refused::internal("hashing a password"))
    }
}

/// Somebody's place in the queue; given back also when they go away.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        let place = Self(waiting);
        (before < MAX_HASHING + MAX_WAITING_HASHES).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_and_no_other() {
        let passwords = Passwords::new();
        let hash = passwords
            .hash("correct horse".into())
            .await
            .expect("hashes");
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        let fits = |text: &str, hash| passwords.fits(text.to_owned(), hash);
        assert!(
            fits("correct horse", Some(hash.clone()))
                .await
                .expect("runs")
        );
        assert!(!fits("correct  horse", Some(hash)).await.expect("runs"));
        assert!(!fits("correct horse", None).await.expect("runs"));
    }

    #[test]
    fn what_nobody_has_is_a_hash_with_our_parameters() {
        let nobody = PasswordHash::new(NOBODY).expect("is one");
        let ours = argon2::Params::try_from(&nobody).expect("has some");
        assert_eq!(ours.m_cost(), argon2::Params::DEFAULT_M_COST);
        assert_eq!(ours.t_cost(), argon2::Params::DEFAULT_T_COST);
        assert_eq!(ours.p_cost(), argon2::Params::DEFAULT_P_COST);
    }

    #[test]
    fn the_queue_is_bounded_and_places_come_back() {
        let waiting = AtomicUsize::new(0);
        let places: Vec<_> = (0..MAX_HASHING + MAX_WAITING_HASHES)
            .map(|_| Place::take(&waiting).expect("there is place"))
            .collect();
        assert!(Place::take(&waiting).is_none());
        drop(places);
        assert!(Place::take(&waiting).is_some());
    }
}
