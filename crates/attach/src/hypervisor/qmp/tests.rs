use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Session;
use super::fake::{End, Fake, GREETING};
use super::line::MAX_LINE_BYTES;
use crate::hypervisor::PlugError;

fn open(fake: &Fake) -> Result<Session, PlugError> {
    Session::open(&fake.socket(), None)
}

/// What comes of one command to a monitor that answers it so.
fn asked(answer: impl Fn(&mut End, &Value) + Send + 'static) -> Result<Value, PlugError> {
    let fake = Fake::serve(move |end| {
        end.greet();
        if let Some(order) = end.hear() {
            answer(end, &order);
        }
    });
    open(&fake).unwrap().execute("query-status", Value::Null)
}

#[test]
fn an_answer_is_found_among_events() {
    let mut fake = Fake::serve(|end| {
        end.greet();
        end.say(r#"{"event": "RESUME", "timestamp": {"seconds": 1, "microseconds": 2}}"#);
        let order = end.hear().unwrap();
        end.say(r#"{"event": "DEVICE_DELETED", "data": {"device": "a"}, "timestamp": {}}"#);
        end.answer(&order, &json!({"status": "running"}));
        end.hear();
    });
    let mut session = open(&fake).unwrap();
    assert_eq!(session.execute("query-status", json!({"x": 1})).unwrap(), json!({"status": "running"}));
    let soon = || Instant::now() + Duration::from_millis(20);
    let deleted = session.wait(soon(), |event| event.name == "DEVICE_DELETED").unwrap().unwrap();
    assert_eq!(deleted.data["device"], "a");
    assert!(session.wait(soon(), |event| event.name == "DEVICE_DELETED").unwrap().is_none());
    assert!(session.wait(soon(), |event| event.name == "RESUME").unwrap().is_some());
    drop(session);
    let heard = fake.heard();
    assert_eq!(heard[0], json!({"execute": "qmp_capabilities", "id": 1}));
    assert_eq!(heard[1], json!({"execute": "query-status", "id": 2, "arguments": {"x": 1}}));
}

#[test]
fn a_refusal_has_the_words_of_qemu() {
    let refused = asked(|end, order| {
        let desc = format!("no\n{}", "x".repeat(10_000));
        end.say(&json!({"error": {"class": "GenericError", "desc": desc}, "id": order["id"]}).to_string());
    });
    let Err(PlugError::Refused { asked, why, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(asked, "query-status");
    assert!(why.starts_with("no xxx") && why.len() == 400, "{why}");
}

#[test]
fn whoever_is_no_monitor_is_told_so() {
    let nonsense = [
        r#"{"return": {}, "id": 77}"#,
        r#"{"return": {}}"#,
        r#"{"return": {}, "id": "2"}"#,
        "[]",
        "hello",
        "",
        "\u{0}\u{1}",
        &"[".repeat(100_000),
    ];
    for line in nonsense.map(str::to_owned) {
        let result = asked(move |end, _| end.say(&line));
        assert!(matches!(result, Err(PlugError::Protocol { .. })), "{result:?}");
    }
    let gone = asked(|_, _| {});
    assert!(matches!(gone, Err(PlugError::Unreachable { .. })), "{gone:?}");
    let endless = asked(|end, _| end.say(&"x".repeat(MAX_LINE_BYTES + (64 << 10))));
    assert!(matches!(endless, Err(PlugError::Unreachable { .. })), "{endless:?}");

    let other = Fake::serve(|end| end.say(r#"{"hello": 1}"#));
    assert!(matches!(open(&other), Err(PlugError::Protocol { .. })));
    let absent = Session::open(std::path::Path::new("/nonexistent"), None);
    assert!(matches!(absent, Err(PlugError::Unreachable { .. })));
}

#[test]
fn lines_may_come_in_pieces() {
    let fake = Fake::serve(|end| {
        let (first, second) = GREETING.split_at(20);
        end.say_part(first);
        std::thread::sleep(Duration::from_millis(20));
        end.say(second);
        let order = end.hear().unwrap();
        end.answer(&order, &json!({}));
    });
    assert!(open(&fake).is_ok());
}

#[test]
fn events_that_nobody_waits_for_are_forgotten_in_the_end() {
    let fake = Fake::serve(|end| {
        end.greet();
        for number in 0..1000 {
            end.say(&json!({"event": format!("E{number}")}).to_string());
        }
        let order = end.hear().unwrap();
        end.answer(&order, &json!(null));
    });
    let mut session = open(&fake).unwrap();
    session.execute("query-status", Value::Null).unwrap();
    let now = Instant::now();
    assert!(session.wait(now, |event| event.name == "E999").unwrap().is_some());
    assert!(session.wait(now, |event| event.name == "E0").is_ok_and(|found| found.is_none()));
}
