//! RabbitMQ, where the configuration names one.

use std::sync::Arc;

use broker::{AmqpAnnouncer, Broker, BrokerError, Notifications};
use config::{Config, OptionError};
use ledger::Supervisor;
use operations::roles::{self, Post};

use crate::cli::Failure;

/// What the configuration says about brokers.
pub(super) struct Messaging {
    broker: Option<Broker>,
    notifications: Option<Notifications>,
    audits: bool,
}

impl Messaging {
    /// Reads it. Nobody is asked yet.
    pub(super) fn read(config: &Config) -> Result<Self, Failure> {
        let failed = |error: BrokerError| error.to_string();
        Ok(Self {
            broker: Broker::from_config(config).map_err(failed)?,
            notifications: Notifications::from_config(config).map_err(failed)?,
            audits: audits(config).map_err(|error| error.to_string())?,
        })
    }

    /// Whether others are to be told what happens.
    pub(super) const fn announces(&self) -> bool {
        self.notifications.is_some()
    }

    /// Whether they are to be told who asks for which change, too.
    pub(super) const fn audits(&self) -> bool {
        self.audits && self.announces()
    }

    /// Starts to carry hints and to tell others, until the process ends.
    pub(super) fn start(&self, post: &Post) {
        if let (Some(broker), Some(relay)) = (self.broker.clone(), post.hints.relay()) {
            until_the_end(&post.supervisor, broker::relay(broker, relay));
        }
        if let Some(notifications) = self.notifications.clone() {
            let (announcer, announcing) = AmqpAnnouncer::new(notifications);
            post.supervisor.spawn(announcing.serve());
            post.supervisor.spawn(roles::announce(post.clone(), Arc::new(announcer)));
        }
    }
}

/// What keystonemiddleware's filter `audit` is told to notify by. Events go the way of all notifications.
fn audits(config: &Config) -> Result<bool, OptionError> {
    let driver = config.section("audit_middleware_notifications").nonempty("driver")?;
    Ok(driver.is_some_and(|driver| driver.starts_with("messaging")))
}

fn until_the_end(supervisor: &Supervisor, task: impl Future<Output = ()> + Send + 'static) {
    let mut stopping = supervisor.stopping();
    supervisor.spawn(async move {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => {}
            () = task => {}
        }
    });
}
