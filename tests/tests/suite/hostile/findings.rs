//! What a storm of requests showed: every broken promise is collected, so that one run shows them all.

use blackbox::Reply;
use blackbox::http::Request;

/// How many broken promises are printed in full.
const PRINTED: usize = 30;

/// The promises that were broken so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    asked: usize,
    broken: Vec<String>,
}

/// What a request deserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deserves {
    /// It makes no sense: a refusal in the shape of a fault.
    Refusal,
    /// It may be taken, or refused in the shape of a fault.
    Anything,
}

impl Findings {
    /// Sends the request and judges the answer, which is handed back if there is one.
    pub(crate) fn judge(&mut self, about: &str, request: &Request, deserves: Deserves) -> Option<Reply> {
        self.asked += 1;
        match request.send() {
            Ok(reply) => {
                if let Some(complaint) = complaint(&reply, deserves) {
                    self.complain(format!("{about}: {complaint}"));
                }
                Some(reply)
            }
            Err(error) => {
                self.complain(format!("{about}: no answer: {error}"));
                None
            }
        }
    }

    /// Notes a broken promise.
    pub(crate) fn complain(&mut self, complaint: String) {
        self.broken.push(complaint);
    }

    /// Fails the test if a promise was broken.
    #[track_caller]
    pub(crate) fn conclude(self) {
        assert!(self.asked > 0, "nothing was asked");
        let shown = self.broken.iter().take(PRINTED).cloned().collect::<Vec<_>>().join("\n");
        assert!(
            self.broken.is_empty(),
            "{} of {} requests went wrong:\n{shown}",
            self.broken.len(),
            self.asked
        );
    }
}

fn complaint(reply: &Reply, deserves: Deserves) -> Option<String> {
    let shown: String = reply.text().chars().take(200).collect();
    match reply.status {
        500.. => Some(format!("{} {shown}", reply.status)),
        400..500 if reply.fault().is_none() => {
            Some(format!("{} without the shape of a fault: {shown}", reply.status))
        }
        400..500 => None,
        _ if deserves == Deserves::Refusal => Some(format!("{} instead of a refusal: {shown}", reply.status)),
        _ => None,
    }
}
