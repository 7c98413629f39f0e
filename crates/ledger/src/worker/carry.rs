//! Carrying one claimed operation from phase to phase until it ends, is handed over, or has to wait.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use store::operations::{self, Claim, OperationRow, Renewed};
use store::{Conn, StoreError};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep, sleep_until};

use super::Worker;
use super::traced::span;
use crate::step::{Decision, Next, Progress, Step};

/// An effect takes a moment to end: it is called off when only this part of the lease is left.
const LAST_PART: u32 = 6;
/// How long to wait after the store failed, or a phase panicked.
const AFTER_TROUBLE: Duration = Duration::from_secs(1);
/// How often it is looked whether a phase has come further, which operators see.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Whether to go on with the next phase.
enum Carried {
    On(Box<OperationRow>),
    Over,
}

/// Why a phase is not waited for any longer.
enum Interrupted {
    /// Somebody else has the operation now.
    Lost,
    /// The claim could not be renewed in time: somebody else may have the operation soon.
    Overdue,
    /// It was given up.
    Abandoned,
}

/// Waits until a phase is at another per cent than `told`.
async fn until_further(progress: &Progress, told: Option<u8>) {
    loop {
        sleep(LOOK_EVERY).await;
        if progress.percent() != told {
            return;
        }
    }
}

impl Worker {
    /// Carries on an operation whose claim holds for a lease since `renewed`, by our own clock.
    pub(super) async fn carry(
        self: Arc<Self>,
        mut operation: OperationRow,
        mut renewed: Instant,
        place: OwnedSemaphorePermit,
    ) {
        loop {
            let progress = Progress::default();
            let began = self.supervisor.tracer().begin();
            let step = tokio::select! {
                biased;
                // Asked first: no effect is begun under a claim that may be another's by now.
                why = self.keep_claim(&operation, &mut renewed, &progress) => Err(why),
                step = self.guarded_step(&operation, &progress) => Ok(step),
            };
            self.supervisor.tracer().end(began, span(&operation, step.as_ref().ok()));
            let step = match step {
                Ok(step) => step,
                Err(Interrupted::Abandoned) => {
                    operation.abandoned = true;
                    continue;
                }
                Err(Interrupted::Lost) => {
                    tracing::warn!(operation = %operation.id, phase = operation.phase, "the claim was lost; leaving it");
                    break;
                }
                Err(Interrupted::Overdue) => {
                    tracing::warn!(
                        operation = %operation.id, phase = operation.phase, "the claim was not renewed in time; leaving it"
                    );
                    break;
                }
            };
            let tried = operation.clone();
            match self.settle(operation, step).await {
                Ok(Carried::On(next)) if self.supervisor.is_stopping() => {
                    self.give_back(vec![Claim::from(&*next)]).await;
                    break;
                }
                Ok(Carried::On(next)) => operation = *next,
                Ok(Carried::Over) => break,
                Err(error) => {
                    tracing::error!(operation = %tried.id, error = error.chain(), "cannot settle a step");
                    self.settle_failed(tried, error.chain()).await;
                    break;
                }
            }
        }
        drop(place);
        // The place that has become free may be what the next operation waited for.
        self.hints.give(&self.queue);
    }

    /// Runs the phase; a panic is a failed try like any other, and is told like one.
    async fn guarded_step(&self, operation: &OperationRow, progress: &Progress) -> Step {
        let step = async { self.handler.step(operation, progress).await };
        CatchUnwind(Box::pin(AssertUnwindSafe(step))).await.unwrap_or_else(|()| Step::Retry {
            after: AFTER_TROUBLE,
            why: format!("the phase {} panicked; the log says where", operation.phase),
        })
    }

    /// Renews the claim while the phase runs. Returns only when the phase is not to go on.
    ///
    /// Who cannot reach the database may still reach the storage, where whoever claims the operation next goes on: by
    /// then nothing of ours may write there any longer. What the fence keeps out is only what is written to the database.
    async fn keep_claim(
        &self,
        operation: &OperationRow,
        renewed: &mut Instant,
        progress: &Progress,
    ) -> Interrupted {
        let claim = Claim::from(operation);
        let lease_ms = self.settings.lease_ms;
        let lease = Duration::from_millis(u64::try_from(lease_ms).unwrap_or(0));
        let (mut next, mut told) = (*renewed + lease / 3, None);
        loop {
            let overdue = *renewed + (lease - lease / LAST_PART);
            tokio::select! {
                biased;
                () = sleep_until(overdue) => return Interrupted::Overdue,
                () = sleep_until(next) => {}
                () = until_further(progress, told) => {}
                () = self.until_abandoned(operation) => return Interrupted::Abandoned,
            }
            let (begun, percent) = (Instant::now(), progress.percent());
            told = percent;
            let renewal = self
                .store
                .write(move |conn| operations::renew(conn, claim, conn.now().plus_millis(lease_ms), percent));
            let answer = tokio::select! {
                answer = renewal => answer,
                () = sleep_until(overdue) => return Interrupted::Overdue,
            };
            match answer {
                Ok(Renewed::Lost) => return Interrupted::Lost,
                Ok(Renewed::Abandoned) if !operation.abandoned => return Interrupted::Abandoned,
                Ok(Renewed::Kept | Renewed::Abandoned) => *renewed = begun,
                Err(error) => tracing::error!(error = error.chain(), "cannot renew a claim"),
            }
            next = begun + lease / 3;
        }
    }

    /// Who has given an operation up may wait for its end: that is looked for more often than the claim is renewed.
    async fn until_abandoned(&self, operation: &OperationRow) {
        if operation.abandoned {
            return std::future::pending().await;
        }
        let id = operation.id;
        loop {
            sleep(self.settings.poll).await;
            if self.store.read(move |conn| operations::is_abandoned(conn, id)).await.unwrap_or(false) {
                return;
            }
        }
    }

    async fn settle(&self, operation: OperationRow, step: Step) -> Result<Carried, StoreError> {
        match step {
            Step::Retry { after, why } => self.retry(operation, after, why).await,
            Step::Advance { next, args, change } => {
                let decision = move |conn: &Conn<'_>| change(conn).map(|()| (next, args));
                self.advance(operation, Box::new(decision)).await
            }
            Step::Decide(decision) => self.advance(operation, decision).await,
        }
    }

    async fn retry(
        &self,
        operation: OperationRow,
        after: Duration,
        why: String,
    ) -> Result<Carried, StoreError> {
        tracing::info!(
            operation = %operation.id, kind = operation.kind, phase = operation.phase, attempts = operation.attempts,
            request_id = operation.request_id, why, "a step is to be tried again"
        );
        self.store
            .write(move |conn| {
                operations::retry(conn, &operation, conn.now().plus_millis(millis(after)), &why).map(|_| ())
            })
            .await?;
        Ok(Carried::Over)
    }

    /// Notes a step that cannot be committed, which may be so for ever, where an administrator sees it.
    async fn settle_failed(&self, tried: OperationRow, why: String) {
        let (claim, poll) = (Claim::from(&tried), self.settings.poll);
        let noted = self
            .store
            .write(move |conn| operations::retry(conn, &tried, conn.now().plus_millis(millis(poll)), &why));
        if !matches!(noted.await, Ok(true)) {
            // The database fails altogether, or the row says already what is next: it was committed after all.
            sleep(poll).await;
            self.give_back(vec![claim]).await;
        }
    }

    /// Commits the change and the next phase under the fence: both, or neither.
    async fn advance(&self, operation: OperationRow, decision: Decision) -> Result<Carried, StoreError> {
        let claim = Claim::from(&operation);
        let old_args = operation.args.clone();
        let (next, args, abandoned) = self
            .store
            .write(move |conn| {
                let (next, args) = decision(conn)?;
                if let (Next::Done | Next::Failed(_), Some(args)) = (&next, &args) {
                    operations::note(conn, claim, args)?;
                }
                let args = args.unwrap_or(old_args);
                if !write(conn, claim, &next, &args)? {
                    return Err(StoreError::ClaimLost(claim.id));
                }
                let goes_on = matches!(next, Next::Phase(_));
                let abandoned = goes_on && operations::is_abandoned(conn, claim.id)?;
                Ok((next, args, abandoned))
            })
            .await?;
        tracing::debug!(operation = %operation.id, kind = operation.kind, from = operation.phase, to = ?next, "advanced");
        match next {
            Next::Phase(phase) => Ok(Carried::On(Box::new(OperationRow {
                phase: phase.to_owned(),
                args,
                abandoned,
                attempts: 0,
                progress: None,
                ..operation
            }))),
            Next::Hand { queue, .. } => {
                self.hints.give(&queue);
                Ok(Carried::Over)
            }
            Next::Failed(why) => {
                self.hints.ended(operation.id);
                tracing::warn!(
                    operation = %operation.id, kind = operation.kind, resource = operation.resource,
                    request_id = operation.request_id, why, "an operation has failed"
                );
                Ok(Carried::Over)
            }
            Next::Done => {
                self.hints.ended(operation.id);
                Ok(Carried::Over)
            }
            Next::Wait { .. } => Ok(Carried::Over),
        }
    }
}

/// Writes where an operation goes. False when the claim was lost.
fn write(conn: &Conn<'_>, claim: Claim, next: &Next, args: &str) -> Result<bool, StoreError> {
    match next {
        Next::Phase(phase) => operations::advance(conn, claim, phase, args, None),
        Next::Hand { queue, phase } => operations::advance(conn, claim, phase, args, Some(queue)),
        Next::Wait { after, what } => {
            operations::wait(conn, claim, args, conn.now().plus_millis(millis(*after)), what)
        }
        Next::Done => operations::end(conn, claim, None),
        Next::Failed(why) => operations::end(conn, claim, Some(why)),
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A future whose panic becomes `Err(())`.
struct CatchUnwind<F>(std::pin::Pin<Box<AssertUnwindSafe<F>>>);

impl<F: Future> Future for CatchUnwind<F> {
    type Output = Result<F::Output, ()>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        let inner = &mut self.0;
        match std::panic::catch_unwind(AssertUnwindSafe(|| inner.as_mut().poll(cx))) {
            Ok(std::task::Poll::Ready(output)) => std::task::Poll::Ready(Ok(output)),
            Ok(std::task::Poll::Pending) => std::task::Poll::Pending,
            Err(_) => std::task::Poll::Ready(Err(())),
        }
    }
}
