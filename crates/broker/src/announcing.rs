//! Notifications: to the exchange and queues of oslo.messaging, and confirmed before they count as told.

use std::collections::BTreeSet;
use std::time::Duration;

use amqprs::channel::{
    BasicPublishArguments, Channel, ConfirmSelectArguments, ExchangeDeclareArguments, QueueBindArguments,
    QueueDeclareArguments,
};
use amqprs::connection::Connection;
use amqprs::{BasicProperties, DELIVERY_MODE_PERSISTENT, FieldTable, FieldValue};
use ports::Announcer;
use ports::announce::{AnnounceError, Announcement};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::channel::{self, Said};
use crate::connect::answer;
use crate::{BrokerError, Notifications};

/// How long a broker may take to confirm a batch.
const CONFIRM_TIME: Duration = Duration::from_secs(20);

struct Request {
    batch: Vec<Announcement>,
    answer: oneshot::Sender<Result<(), BrokerError>>,
}

/// Tells by RabbitMQ, as long as its [`Announcing`] is polled.
pub struct AmqpAnnouncer {
    requests: mpsc::Sender<Request>,
}

/// The one who keeps the connection.
pub struct Announcing {
    notifications: Notifications,
    requests: mpsc::Receiver<Request>,
}

impl AmqpAnnouncer {
    /// Who tells, and who has to be polled for that.
    #[must_use]
    pub fn new(notifications: Notifications) -> (Self, Announcing) {
        let (sender, requests) = mpsc::channel(1);
        (Self { requests: sender }, Announcing { notifications, requests })
    }
}

impl Announcer for AmqpAnnouncer {
    fn announce(&self, announcements: &[Announcement]) -> Result<(), AnnounceError> {
        let (answer, answered) = oneshot::channel();
        let request = Request { batch: announcements.to_vec(), answer };
        let ending = || AnnounceError::Unavailable("the process is about to end".to_owned());
        self.requests.blocking_send(request).map_err(|_| ending())?;
        let told = answered.blocking_recv().map_err(|_| ending())?;
        told.map_err(|error| AnnounceError::Unavailable(error.to_string()))
    }
}

/// A connection on which the exchange and the queues are there.
struct Session {
    connection: Connection,
    channel: Channel,
    said: mpsc::UnboundedReceiver<Said>,
    /// The number that the broker gives to the next message.
    next: u64,
}

impl Announcing {
    /// Tells what comes, until nobody can ask any more.
    pub async fn serve(mut self) {
        let mut session: Option<Session> = None;
        let mut next = 0;
        while let Some(Request { batch, answer: reply }) = self.requests.recv().await {
            let told = self.tell(&mut session, &mut next, &batch).await;
            if told.is_err() {
                close(session.take()).await;
                next += 1;
            }
            // Who asked may not wait any longer.
            let _ = reply.send(told);
        }
        close(session).await;
    }

    async fn tell(
        &self,
        session: &mut Option<Session>,
        next: &mut usize,
        batch: &[Announcement],
    ) -> Result<(), BrokerError> {
        if !session.as_ref().is_some_and(|session| session.connection.is_open() && session.channel.is_open())
        {
            close(session.take()).await;
            let (connection, number) = self.notifications.broker.connect(*next).await?;
            *next = number;
            tracing::info!(broker = ?self.notifications.broker.hosts.get(number), "notifications go by the broker");
            *session = Some(self.prepare(connection).await?);
        }
        let Some(session) = session else { return Err(BrokerError::Lost("there is no session".to_owned())) };
        let mut waited_for = BTreeSet::new();
        for announcement in batch {
            for (key, body) in self.messages(announcement) {
                let properties = BasicProperties::default()
                    .with_content_type("application/json")
                    .with_content_encoding("utf-8")
                    .with_delivery_mode(DELIVERY_MODE_PERSISTENT)
                    .finish();
                // What no queue takes comes back before it is confirmed: somebody has removed the queue.
                let to =
                    BasicPublishArguments::new(&self.notifications.exchange, &key).mandatory(true).finish();
                answer("notifying", session.channel.basic_publish(properties, body, to)).await?;
                waited_for.insert(session.next);
                session.next += 1;
            }
        }
        let confirmed = timeout(CONFIRM_TIME, session.until_taken(waited_for)).await;
        confirmed.unwrap_or(Err(BrokerError::Slow("confirming notifications")))
    }

    /// Makes what oslo.messaging makes: the exchange, and a queue for each kind of urgency, so that what is told before
    /// anybody listens is not lost.
    async fn prepare(&self, connection: Connection) -> Result<Session, BrokerError> {
        let wanted = &self.notifications;
        let (mut channel, mut said) = channel::open(&connection).await?;
        let exchange = ExchangeDeclareArguments::new(&wanted.exchange, "topic")
            .durable(wanted.durable)
            .auto_delete(wanted.auto_delete)
            .finish();
        if let Err(error) =
            answer("declaring the exchange of notifications", channel.exchange_declare(exchange)).await
        {
            // Somebody else may have made it of another kind, which is theirs to say.
            tracing::warn!(%error, exchange = wanted.exchange, "taking the exchange as it is");
            (channel, said) = channel::open(&connection).await?;
            let there = ExchangeDeclareArguments::new(&wanted.exchange, "topic").passive(true).finish();
            answer("looking for the exchange of notifications", channel.exchange_declare(there)).await?;
        }
        for queue in self.queues() {
            let mut arguments = FieldTable::new();
            if let (true, Ok(name), Ok(kind)) =
                (wanted.quorum, "x-queue-type".try_into(), "quorum".to_owned().try_into())
            {
                arguments.insert(name, FieldValue::S(kind));
            }
            let declare = QueueDeclareArguments::new(&queue)
                .durable(wanted.durable)
                .auto_delete(wanted.auto_delete)
                .arguments(arguments)
                .finish();
            if let Err(error) =
                answer("declaring a queue of notifications", channel.queue_declare(declare)).await
            {
                tracing::warn!(%error, queue, "taking the queue as it is");
                (channel, said) = channel::open(&connection).await?;
            }
            let binding = QueueBindArguments::new(&queue, &wanted.exchange, &queue);
            answer("binding a queue of notifications", channel.queue_bind(binding)).await?;
        }
        answer("asking for confirmations", channel.confirm_select(ConfirmSelectArguments::default())).await?;
        Ok(Session { connection, channel, said, next: 1 })
    }

    fn queues(&self) -> Vec<String> {
        let of_topic = |topic: &String| [format!("{topic}.info"), format!("{topic}.error")];
        self.notifications.topics.iter().flat_map(of_topic).collect()
    }

    /// Every message of an announcement: where to, and its bytes.
    fn messages(&self, announcement: &Announcement) -> Vec<(String, Vec<u8>)> {
        let urgency = announcement.priority.to_ascii_lowercase();
        let bare = message(announcement);
        let mut messages = Vec::new();
        for topic in &self.notifications.topics {
            for enveloped in &self.notifications.enveloped {
                let body = match enveloped {
                    true => json!({"oslo.version": "2.0", "oslo.message": bare.to_string()}),
                    false => bare.clone(),
                };
                messages.push((format!("{topic}.{urgency}"), body.to_string().into_bytes()));
            }
        }
        messages
    }
}

/// A notification as oslo.messaging writes it. Listeners drop a second one of the same `_unique_id`.
fn message(announcement: &Announcement) -> Value {
    let payload: Value = serde_json::from_str(&announcement.payload).unwrap_or_default();
    json!({
        "message_id": announcement.message_id,
        "publisher_id": announcement.publisher_id,
        "event_type": announcement.event_type,
        "priority": announcement.priority,
        "payload": payload,
        "timestamp": announcement.timestamp,
        "_unique_id": announcement.message_id.replace('-', ""),
        "_context_request_id": announcement.request_id,
        "_context_project_id": announcement.project_id,
        "_context_tenant": announcement.project_id,
        "_context_user_id": announcement.user_id,
        "_context_user": announcement.user_id,
    })
}

impl Session {
    async fn until_taken(&mut self, mut numbers: BTreeSet<u64>) -> Result<(), BrokerError> {
        while !numbers.is_empty() {
            let said = tokio::select! {
                said = self.said.recv() => said,
                _ = self.connection.listen_network_io_failure() => None,
            };
            match said {
                Some(Said::Taken { number, and_before: true }) => numbers = numbers.split_off(&(number + 1)),
                Some(Said::Taken { number, .. }) => {
                    numbers.remove(&number);
                }
                Some(Said::NotTaken) => {
                    return Err(BrokerError::Refused { what: "notifying", why: "not taken".to_owned() });
                }
                Some(Said::NoQueue(key)) => {
                    let why = format!("no queue takes {key}");
                    return Err(BrokerError::Refused { what: "notifying", why });
                }
                Some(Said::Closes(why)) => return Err(BrokerError::Lost(why)),
                None => return Err(BrokerError::Lost("the network failed".to_owned())),
            }
        }
        Ok(())
    }
}

async fn close(session: Option<Session>) {
    if let Some(session) = session {
        // What is closed already need not be closed.
        let _ = answer("closing", session.connection.close()).await;
    }
}
