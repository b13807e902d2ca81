//! Comes again where a page does: a server that a whole school asks at once may say "in a moment".
//!
//! Invariant: as often as a page and at its pace (`web-client/src/room/backoff.ts`), never more.

use crate::bot::JoinFailed;
use homeroom_protocol::ErrorCode;
use std::future::Future;
use std::time::Duration;

/// How often a page comes again before it shows what it was told.
const MAX_RETURNS: u32 = 5;
/// The first pause at most; each later one is twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(500);

/// Somebody who got in.
pub(crate) struct Patient<T> {
    /// What they got.
    pub(crate) got: T,
    /// How often they had to come again.
    pub(crate) returns: u32,
}

/// Tries as a page does.
pub(crate) async fn as_a_page<T, F>(
    mut attempt: impl FnMut() -> F,
) -> Result<Patient<T>, JoinFailed>
where
    F: Future<Output = Result<T, JoinFailed>>,
{
    let mut returns = 0;
    loop {
        match attempt().await {
            Ok(got) => return Ok(Patient { got, returns }),
            Err(failed) if returns < MAX_RETURNS && passes(&failed) => {
                returns += 1;
                tokio::time::sleep(pause(returns)).await;
            }
            Err(failed) => return Err(failed),
        }
    }
}

/// Whether a page expects another answer the next time.
pub(crate) fn passes(failed: &JoinFailed) -> bool {
    match failed {
        JoinFailed::Refused(code, _) => match code {
            ErrorCode::Internal
            | ErrorCode::TooFast
            | ErrorCode::BadOffer
            | ErrorCode::Unavailable => true,
            ErrorCode::BadMessage
            | ErrorCode::UnsupportedVersion
            | ErrorCode::LessonNotFound
            | ErrorCode::BadToken
            | ErrorCode::BadTicket
            | ErrorCode::BadName
            | ErrorCode::NotAllowed
            | ErrorCode::LessonLocked
            | ErrorCode::ShareBusy
            | ErrorCode::Full => false,
        },
        JoinFailed::Closed(_) => false,
        JoinFailed::Broken(_) => true,
    }
}

/// Half of it is random, so that those who were refused together do not come back together.
fn pause(returns: u32) -> Duration {
    let most = FIRST_DELAY * 2_u32.pow(returns.min(MAX_RETURNS) - 1);
    most.mul_f64(0.5 + rand::random::<f64>() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use tokio::time::Instant;

    fn refused(code: ErrorCode) -> JoinFailed {
        JoinFailed::Refused(code, String::new())
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_told_in_a_moment_comes_again_and_says_how_often() {
        let tries = Cell::new(0);
        let began = Instant::now();
        let attempt = || async {
            tries.set(tries.get() + 1);
            if tries.get() < 4 {
                return Err(refused(ErrorCode::TooFast));
            }
            Ok("in")
        };
        let patient = as_a_page(attempt).await.expect("gets in");
        assert_eq!((patient.got, patient.returns), ("in", 3));
        // Half a second, one, two, of each of which half is chance.
        let waited = began.elapsed().as_millis();
        assert!((1_750..=3_510).contains(&waited), "{waited}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_page_asks_for_ever_and_none_again_where_no_is_meant() {
        let tries = Cell::new(0);
        let count = |code| {
            tries.set(0);
            let tries = &tries;
            as_a_page(move || async move {
                tries.set(tries.get() + 1);
                Err::<(), _>(refused(code))
            })
        };
        assert!(count(ErrorCode::Unavailable).await.is_err());
        assert_eq!(tries.get(), 1 + MAX_RETURNS);
        assert!(count(ErrorCode::LessonLocked).await.is_err());
        assert_eq!(tries.get(), 1);
    }
}
