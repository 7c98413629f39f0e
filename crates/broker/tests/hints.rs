//! Hints between two processes, over a real RabbitMQ.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

use std::time::Duration;

use blackbox::rabbitmq::RabbitMq;
use broker::{Broker, relay};
use config::Config;
use ledger::Hints;
use model::OperationId;
use tokio::time::{sleep, timeout};

/// Longer than any hint, or the way back to a broker, takes.
const PATIENCE: Duration = Duration::from_secs(90);

async fn until(what: &str, reached: impl Fn() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !reached() {
            sleep(Duration::from_millis(50)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("waited in vain until {what}"));
}

/// The hints of a process that is connected to this broker, once it is up.
fn process(port: u16) -> Hints {
    let mut config = Config::default();
    let text = format!("[DEFAULT]\ntransport_url = rabbit://guest:guest@127.0.0.1:{port}/\n");
    config.overlay("cinder.conf", text.as_bytes()).unwrap();
    let (hints, broker) = (Hints::default(), Broker::from_config(&config).unwrap().unwrap());
    tokio::spawn(relay(broker, hints.relay().unwrap()));
    hints
}

/// A hint is heard, sooner or later: a binding that has just been made may come too late for the first.
async fn hears(from: &Hints, to: &Hints, queue: &str) {
    let heard = to.of(queue);
    let given = async {
        loop {
            from.give(queue);
            if timeout(Duration::from_secs(1), heard.notified()).await.is_ok() {
                return;
            }
        }
    };
    timeout(PATIENCE, given).await.unwrap_or_else(|_| panic!("{queue}: nothing was heard"));
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_wake_each_other_while_there_is_a_broker() {
    let started = tokio::task::spawn_blocking(|| RabbitMq::start(|_| String::new())).await.unwrap();
    let Some(mut broker) = started else { return };
    let (one, two) = (process(broker.port()), process(broker.port()));
    until("both are connected", || one.is_relayed() && two.is_relayed()).await;
    hears(&one, &two, "volume:host@backend").await;
    hears(&two, &one, "scheduler").await;

    // Who waits for the end of an operation hears of it from whoever ends it.
    let id = OperationId::random();
    let end = one.end_of(id);
    let ended = async {
        loop {
            two.ended(id);
            if timeout(Duration::from_secs(1), end.hinted()).await.is_ok() {
                return;
            }
        }
    };
    timeout(PATIENCE, ended).await.expect("the end is heard of");

    broker.kill();
    until("both have seen that it is gone", || !one.is_relayed() && !two.is_relayed()).await;
    one.give("volume:host@backend");
    let broker = tokio::task::spawn_blocking(move || {
        broker.serve();
        broker
    });
    let _broker = broker.await.unwrap();
    until("both are back", || one.is_relayed() && two.is_relayed()).await;
    hears(&one, &two, "volume:host@backend").await;
}
