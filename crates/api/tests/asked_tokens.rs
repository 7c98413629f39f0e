//! Tokens of an identity service beside us: what is remembered, for how long, and what is asked.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::tokens::{AskedTokens, MAX_TOKEN_BYTES, TokenRefused, Tokens};
use auth::Credentials;
use auth::authority::{Authority, AuthorityError, Vouched};
use auth::credentials::{Domain, Scope, User};
use model::Timestamp;

type Answer = Result<Duration, AuthorityError>;

/// An identity service that says what it is told to.
struct Said {
    answer: Mutex<Answer>,
    asked: AtomicUsize,
    takes: Duration,
}

impl Said {
    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn says(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }
}

impl Authority for Said {
    fn validate(&self, token: &str, even_expired: bool) -> Result<Vouched, AuthorityError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(self.takes);
        let answer = self.answer.lock().unwrap().clone();
        let left = match token {
            "expired" if even_expired => Duration::ZERO,
            "expired" => return Err(AuthorityError::Invalid),
            _ => answer?,
        };
        let domain = Domain { id: "d".to_owned(), name: "d".to_owned() };
        let credentials = Credentials {
            user: User { id: token.to_owned(), name: token.to_owned(), domain },
            scope: Scope::Unscoped,
            roles: Vec::new(),
            is_admin: false,
            is_admin_project: true,
            service: None,
            application_credential_id: None,
            audit_ids: Vec::new(),
            expires_at: Timestamp(0),
        };
        Ok(Vouched { credentials, left })
    }

    fn has_project(&self, id: &str) -> Result<bool, AuthorityError> {
        Ok(id == "p")
    }
}

const HOUR: Duration = Duration::from_secs(3600);

fn world(keep: Duration) -> (Arc<Said>, Arc<AskedTokens>) {
    slow_world(keep, Duration::ZERO)
}

fn slow_world(keep: Duration, takes: Duration) -> (Arc<Said>, Arc<AskedTokens>) {
    let said = Arc::new(Said { answer: Mutex::new(Ok(HOUR)), asked: AtomicUsize::new(0), takes });
    let mark = Arc::new(|holder| Credentials { is_admin: true, ..holder });
    (Arc::clone(&said), AskedTokens::new(said, mark, keep))
}

fn unavailable() -> Answer {
    Err(AuthorityError::Unavailable("gone".to_owned()))
}

#[tokio::test]
async fn a_token_is_asked_about_once_while_it_is_remembered() {
    let (said, tokens) = world(HOUR);
    for _ in 0..3 {
        let holder = tokens.validate("t").await.unwrap();
        assert_eq!((holder.user.id.as_str(), holder.is_admin), ("t", true));
    }
    assert_eq!(said.asked(), 1);
    tokens.validate("other").await.unwrap();
    assert_eq!(said.asked(), 2);
    // With another policy, everybody is looked at again.
    tokens.forget();
    tokens.validate("t").await.unwrap();
    assert_eq!(said.asked(), 3);
    assert!(tokens.has_project("p").await.unwrap() && !tokens.has_project("q").await.unwrap());
}

#[tokio::test]
async fn a_revocation_is_seen_when_the_time_is_over() {
    let (said, tokens) = world(Duration::from_millis(300));
    tokens.validate("t").await.unwrap();
    said.says(Err(AuthorityError::Invalid));
    assert!(tokens.validate("t").await.is_ok());
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert!(matches!(tokens.validate("t").await, Err(TokenRefused::Invalid)));
}

#[tokio::test]
async fn a_token_is_not_remembered_beyond_its_end() {
    let (said, tokens) = world(HOUR);
    said.says(Ok(Duration::from_millis(200)));
    tokens.validate("t").await.unwrap();
    tokens.validate("t").await.unwrap();
    assert_eq!(said.asked(), 1);
    tokio::time::sleep(Duration::from_millis(250)).await;
    tokens.validate("t").await.unwrap();
    assert_eq!(said.asked(), 2);
}

#[tokio::test]
async fn nothing_is_remembered_where_that_is_wanted() {
    let (said, tokens) = world(Duration::ZERO);
    for _ in 0..2 {
        tokens.validate("t").await.unwrap();
    }
    said.says(Err(AuthorityError::Invalid));
    for _ in 0..2 {
        assert!(tokens.validate("t").await.is_err());
    }
    assert_eq!(said.asked(), 4);
}

#[tokio::test]
async fn what_is_no_token_is_remembered_and_what_cannot_be_one_is_not_asked() {
    let (said, tokens) = world(HOUR);
    said.says(Err(AuthorityError::Invalid));
    for _ in 0..3 {
        assert!(matches!(tokens.validate("t").await, Err(TokenRefused::Invalid)));
    }
    assert_eq!(said.asked(), 1);
    let long = "t".repeat(MAX_TOKEN_BYTES + 1);
    for strange in ["", "a b", "a\nb", "\u{e9}", &long] {
        assert!(matches!(tokens.validate(strange).await, Err(TokenRefused::Invalid)), "{strange}");
    }
    assert_eq!(said.asked(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_the_same_time_share_an_answer() {
    let (said, tokens) = slow_world(Duration::ZERO, Duration::from_millis(300));
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let tokens = Arc::clone(&tokens);
        waiting.spawn(async move { tokens.validate("t").await.is_ok() });
    }
    assert!(waiting.join_all().await.into_iter().all(|is_ok| is_ok));
    assert_eq!(said.asked(), 1);
}

#[tokio::test]
async fn who_hangs_up_keeps_nobody_from_an_answer() {
    let (said, tokens) = slow_world(HOUR, Duration::from_millis(100));
    let gone = tokio::time::timeout(Duration::from_millis(10), tokens.validate("t")).await;
    assert!(gone.is_err());
    tokens.validate("t").await.unwrap();
    assert!((1..=2).contains(&said.asked()));
}

#[tokio::test]
async fn no_answer_is_never_a_refusal_and_not_remembered() {
    let (said, tokens) = world(HOUR);
    tokens.validate("known").await.unwrap();
    said.says(unavailable());
    assert!(matches!(tokens.validate("t").await, Err(TokenRefused::Unavailable(why)) if why == "gone"));
    assert!(tokens.validate("known").await.is_ok());
    // It is left alone for a moment,
    assert!(
        matches!(tokens.validate("u").await, Err(TokenRefused::Unavailable(why)) if why.starts_with("gone ("))
    );
    assert_eq!(said.asked(), 2);
    // and then asked again.
    tokio::time::sleep(Duration::from_millis(1050)).await;
    said.says(Ok(HOUR));
    assert!(tokens.validate("t").await.is_ok());
}

#[tokio::test]
async fn what_has_ended_counts_only_for_those_who_may_go_on_with_it() {
    let (said, tokens) = world(HOUR);
    assert!(matches!(tokens.validate("expired").await, Err(TokenRefused::Invalid)));
    for _ in 0..2 {
        assert_eq!(tokens.validate_even_expired("expired").await.unwrap().user.id, "expired");
    }
    assert_eq!(said.asked(), 2);
    assert!(matches!(tokens.validate("expired").await, Err(TokenRefused::Invalid)));
    tokens.validate("t").await.unwrap();
    tokens.validate_even_expired("t").await.unwrap();
    assert_eq!(said.asked(), 3);
}
