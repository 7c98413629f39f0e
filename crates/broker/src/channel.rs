//! What a broker says about a channel without being asked: that messages have arrived, or that it closes.

use amqprs::callbacks::ChannelCallback;
use amqprs::channel::Channel;
use amqprs::connection::Connection;
use amqprs::{Ack, BasicProperties, Cancel, CloseChannel, Nack, Return};
use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::BrokerError;
use crate::connect::answer;

/// Something that a broker said.
#[derive(Debug)]
pub(crate) enum Said {
    /// It has the message of this number, or all up to it.
    Taken { number: u64, and_before: bool },
    /// It does not have a message.
    NotTaken,
    /// It had a message that no queue takes, and does not keep it.
    NoQueue(String),
    /// It closes the channel, or does not deliver any more.
    Closes(String),
}

struct Listener {
    said: mpsc::UnboundedSender<Said>,
}

/// Opens a channel, and what is said about it.
pub(crate) async fn open(
    connection: &Connection,
) -> Result<(Channel, mpsc::UnboundedReceiver<Said>), BrokerError> {
    let channel = answer("opening a channel", connection.open_channel(None)).await?;
    let (said, heard) = mpsc::unbounded_channel();
    answer("listening to a channel", channel.register_callback(Listener { said })).await?;
    Ok((channel, heard))
}

impl Listener {
    fn hear(&self, said: Said) {
        // Nobody may be listening any more.
        let _ = self.said.send(said);
    }
}

#[async_trait]
impl ChannelCallback for Listener {
    async fn close(&mut self, _: &Channel, close: CloseChannel) -> Result<(), amqprs::error::Error> {
        self.hear(Said::Closes(close.to_string()));
        Ok(())
    }

    async fn cancel(&mut self, _: &Channel, _: Cancel) -> Result<(), amqprs::error::Error> {
        self.hear(Said::Closes("the queue is gone".to_owned()));
        Ok(())
    }

    async fn flow(&mut self, _: &Channel, active: bool) -> Result<bool, amqprs::error::Error> {
        Ok(active)
    }

    async fn publish_ack(&mut self, _: &Channel, ack: Ack) {
        self.hear(Said::Taken { number: ack.delivery_tag(), and_before: ack.mutiple() });
    }

    async fn publish_nack(&mut self, _: &Channel, _: Nack) {
        self.hear(Said::NotTaken);
    }

    async fn publish_return(&mut self, _: &Channel, returned: Return, _: BasicProperties, _: Vec<u8>) {
        self.hear(Said::NoQueue(returned.routing_key().clone()));
    }
}
