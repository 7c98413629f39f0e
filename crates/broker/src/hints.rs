//! Hints between processes: one exchange, and for each process a queue that goes with it, bound to what the process wants
//! to hear. Nothing is confirmed, and what nobody takes in time is dropped.

use std::time::Duration;

use amqprs::channel::{
    BasicConsumeArguments, BasicPublishArguments, Channel, ExchangeDeclareArguments, QueueBindArguments,
    QueueDeclareArguments,
};
use amqprs::connection::Connection;
use amqprs::{BasicProperties, FieldTable, FieldValue};
use ledger::{Hint, Relay};
use tokio::time::sleep;

use crate::channel::{self, Said};
use crate::connect::answer;
use crate::{Broker, BrokerError};

/// The exchange; its messages are routed by topic.
const EXCHANGE: &str = "besser.hints";
/// Most hints that wait for a process.
const MAX_WAITING: i32 = 1000;
/// After this time a hint is of no use, in milliseconds.
const MAX_AGE_MS: i32 = 10_000;
/// Longest topic in bytes: that of AMQP's short strings.
const MAX_TOPIC_BYTES: usize = 255;
/// Longest text of a hint that is taken, in bytes.
const MAX_TEXT_BYTES: usize = 255;
/// Pause before the second try to connect; doubled with each further one,
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Carries hints for as long as it is polled. While there is no broker, they are lost, and everybody polls.
pub async fn relay(broker: Broker, mut relay: Relay) {
    let (mut pause, mut next, mut is_away) = (FIRST_PAUSE, 0, false);
    loop {
        match broker.connect(next).await {
            Ok((connection, number)) => {
                tracing::info!(broker = ?broker.hosts.get(number), "hints go by the broker");
                is_away = false;
                pause = FIRST_PAUSE;
                next = number + 1;
                let why = carry(&connection, &mut relay).await;
                relay.set_connected(false);
                tracing::warn!(%why, "the broker is gone; going on by polling");
                let _ = answer("closing", connection.close()).await;
            }
            Err(why) => {
                if !std::mem::replace(&mut is_away, true) {
                    tracing::error!(%why, "no broker can be reached; going on by polling");
                }
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Carries hints over one connection until that ends, and says why it did.
async fn carry(connection: &Connection, relay: &mut Relay) -> BrokerError {
    match try_carry(connection, relay).await {
        Ok(()) => BrokerError::Lost("the process ends".to_owned()),
        Err(error) => error,
    }
}

async fn try_carry(connection: &Connection, relay: &mut Relay) -> Result<(), BrokerError> {
    let (channel, mut said) = channel::open(connection).await?;
    let exchange = ExchangeDeclareArguments::new(EXCHANGE, "direct");
    answer("declaring the exchange of hints", channel.exchange_declare(exchange)).await?;
    let queue = declare_queue(&channel).await?;
    let mut bound = 0;
    bind(&channel, &queue, relay, &mut bound).await?;
    let consume = BasicConsumeArguments::new(&queue, "").auto_ack(true).finish();
    let (_, mut deliveries) = answer("listening for hints", channel.basic_consume_rx(consume)).await?;
    relay.set_connected(true);
    loop {
        tokio::select! {
            hint = relay.outgoing.recv() => match hint {
                Some(hint) => publish(&channel, hint).await?,
                None => return Ok(()),
            },
            changed = relay.topics.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                bind(&channel, &queue, relay, &mut bound).await?;
            }
            delivery = deliveries.recv() => {
                let Some(delivery) = delivery else { return Err(lost("nothing is delivered any more")) };
                let topic = delivery.deliver.as_ref().map(|deliver| deliver.routing_key().clone());
                let text = delivery.content.filter(|text| text.len() <= MAX_TEXT_BYTES);
                let text = text.and_then(|text| String::from_utf8(text).ok());
                if let (Some(topic), Some(text)) = (topic, text) {
                    tracing::debug!(topic, "a hint has come");
                    relay.arrived(&Hint { topic, text });
                }
            }
            said = said.recv() => match said {
                Some(Said::Closes(why)) => return Err(BrokerError::Lost(why)),
                Some(_) => {}
                None => return Err(lost("the channel is gone")),
            },
            _ = connection.listen_network_io_failure() => return Err(lost("the network failed")),
        }
    }
}

fn lost(why: &str) -> BrokerError {
    BrokerError::Lost(why.to_owned())
}

async fn declare_queue(channel: &Channel) -> Result<String, BrokerError> {
    let mut bounds = FieldTable::new();
    for (name, value) in [("x-max-length", MAX_WAITING), ("x-message-ttl", MAX_AGE_MS)] {
        if let Ok(name) = name.try_into() {
            bounds.insert(name, FieldValue::I(value));
        }
    }
    let queue = QueueDeclareArguments::exclusive_server_named().auto_delete(true).arguments(bounds).finish();
    let declared = answer("declaring a queue of hints", channel.queue_declare(queue)).await?;
    declared.map(|(name, ..)| name).ok_or_else(|| lost("the queue of hints has no name"))
}

/// Binds the topics that have come since.
async fn bind(
    channel: &Channel,
    queue: &str,
    relay: &mut Relay,
    bound: &mut usize,
) -> Result<(), BrokerError> {
    let topics: Vec<String> = relay.topics.borrow_and_update().clone();
    for topic in topics.iter().skip(*bound).filter(|topic| topic.len() <= MAX_TOPIC_BYTES) {
        let binding = QueueBindArguments::new(queue, EXCHANGE, topic);
        answer("binding a queue of hints", channel.queue_bind(binding)).await?;
    }
    *bound = topics.len();
    Ok(())
}

async fn publish(channel: &Channel, hint: Hint) -> Result<(), BrokerError> {
    if hint.topic.len() > MAX_TOPIC_BYTES {
        return Ok(());
    }
    let to = BasicPublishArguments::new(EXCHANGE, &hint.topic);
    let published = channel.basic_publish(BasicProperties::default(), hint.text.into_bytes(), to);
    answer("giving a hint", published).await
}
