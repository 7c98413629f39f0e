//! A connection to one of several brokers.

use std::time::Duration;

use amqprs::connection::{Connection, OpenConnectionArguments};
use amqprs::tls::TlsAdaptor;
use tokio::time::timeout;

use crate::{Broker, BrokerError};

/// How long a broker may take to let us in.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// How long it may take for anything else.
const ANSWER_TIME: Duration = Duration::from_secs(10);

impl Broker {
    /// Connects to the first that lets us in, beginning with the one after `before`. Answers also with its number.
    pub(crate) async fn connect(&self, before: usize) -> Result<(Connection, usize), BrokerError> {
        let mut failed = BrokerError::Lost("there is no broker".to_owned());
        for step in 0..self.hosts.len() {
            let number = before.wrapping_add(step) % self.hosts.len();
            match self.connect_to(number).await {
                Ok(connection) => return Ok((connection, number)),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    async fn connect_to(&self, number: usize) -> Result<Connection, BrokerError> {
        let Some(to) = self.hosts.get(number) else {
            return Err(BrokerError::Lost("there is no such broker".to_owned()));
        };
        // Its address is host and port in one text.
        let host = if to.host.contains(':') { format!("[{}]", to.host) } else { to.host.clone() };
        let mut options = OpenConnectionArguments::new(&host, to.port, &to.username, to.password.expose());
        options.virtual_host(&self.virtual_host).heartbeat(self.heartbeat_s).connection_name("besser");
        if let Some(tls) = &self.tls {
            options.tls_adaptor(TlsAdaptor::new(tls.clone(), to.host.clone()));
        }
        let unreachable =
            |why: String| BrokerError::Unreachable { host: to.host.clone(), port: to.port, why };
        match timeout(CONNECT_TIME, Connection::open(&options)).await {
            Ok(opened) => opened.map_err(|error| unreachable(error.to_string())),
            Err(_) => Err(unreachable("no answer in time".to_owned())),
        }
    }
}

/// The answer of a broker to `what`, in time.
pub(crate) async fn answer<T>(
    what: &'static str,
    asked: impl Future<Output = Result<T, amqprs::error::Error>>,
) -> Result<T, BrokerError> {
    match timeout(ANSWER_TIME, asked).await {
        Ok(answer) => answer.map_err(|error| BrokerError::Refused { what, why: error.to_string() }),
        Err(_) => Err(BrokerError::Slow(what)),
    }
}
