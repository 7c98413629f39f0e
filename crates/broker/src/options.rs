//! What the configuration says about brokers: the options of oslo.messaging.

use config::{Config, Section, TransportHost, TransportUrl};
use tokio_rustls::TlsConnector;

use crate::{BrokerError, tls};

/// What oslo.messaging takes when nothing is said: seconds.
const HEARTBEAT_S: i64 = 60;
/// Exchange of notifications: that of Cinder where nobody says.
const EXCHANGE: &str = "cinder";

/// Brokers, any of which will do.
#[derive(Clone)]
pub struct Broker {
    pub(crate) hosts: Vec<TransportHost>,
    pub(crate) virtual_host: String,
    pub(crate) tls: Option<TlsConnector>,
    /// Seconds without a sign of life after which a connection is given up; 0 is never.
    pub(crate) heartbeat_s: u16,
}

/// How others are told what happens.
#[derive(Clone)]
pub struct Notifications {
    /// By whom.
    pub broker: Broker,
    /// `control_exchange`.
    pub(crate) exchange: String,
    /// `topics`: `notifications` leads to the queues `notifications.info` and `notifications.error`.
    pub(crate) topics: Vec<String>,
    /// Whether they are in an envelope (`messagingv2`), or bare (`messaging`).
    pub(crate) enveloped: Vec<bool>,
    /// Whether exchange and queues outlive the broker (`amqp_durable_queues`).
    pub(crate) durable: bool,
    /// Whether they go with their last user (`amqp_auto_delete`).
    pub(crate) auto_delete: bool,
    /// Whether queues are replicated (`rabbit_quorum_queue`).
    pub(crate) quorum: bool,
}

impl Broker {
    /// The brokers of `[DEFAULT] transport_url`; none when that is not set.
    ///
    /// # Errors
    /// The configuration is wrong.
    pub fn from_config(config: &Config) -> Result<Option<Self>, BrokerError> {
        Self::of_section(config, &config.default_section())
    }

    fn of_section(config: &Config, section: &Section<'_>) -> Result<Option<Self>, BrokerError> {
        let set = if section.sets("transport_url") { section.nonempty("transport_url")? } else { None };
        let Some(text) = set else { return Ok(None) };
        let url = TransportUrl::parse(&text)?;
        let rabbit = config.section("oslo_messaging_rabbit");
        let wants_tls = match url.option("ssl") {
            Some(text) => matches!(text.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on"),
            None => rabbit.get("ssl")?.unwrap_or(false),
        };
        let heartbeat_s = rabbit.get("heartbeat_timeout_threshold")?.unwrap_or(HEARTBEAT_S);
        Ok(Some(Self {
            tls: if wants_tls { Some(tls::connector(&rabbit)?) } else { None },
            hosts: url.hosts,
            virtual_host: url.virtual_host,
            heartbeat_s: u16::try_from(heartbeat_s.max(0)).unwrap_or(u16::MAX),
        }))
    }
}

impl Notifications {
    /// What `[oslo_messaging_notifications]` asks for; none when nobody is to be told, or there is no broker.
    ///
    /// # Errors
    /// The configuration is wrong.
    pub fn from_config(config: &Config) -> Result<Option<Self>, BrokerError> {
        let section = config.section("oslo_messaging_notifications");
        let enveloped: Vec<bool> = section
            .multi("driver")?
            .iter()
            .filter_map(|driver| match driver.as_str() {
                "messagingv2" => Some(true),
                "messaging" => Some(false),
                _ => None,
            })
            .collect();
        let broker = match Broker::of_section(config, &section)? {
            Some(own) => Some(own),
            None => Broker::from_config(config)?,
        };
        let Some(broker) = broker.filter(|_| !enveloped.is_empty()) else { return Ok(None) };
        let (default, rabbit) = (config.default_section(), config.section("oslo_messaging_rabbit"));
        let exchange =
            if default.sets("control_exchange") { default.nonempty("control_exchange")? } else { None };
        let quorum = rabbit.get("rabbit_quorum_queue")?.unwrap_or(false);
        Ok(Some(Self {
            broker,
            exchange: exchange.unwrap_or_else(|| EXCHANGE.to_owned()),
            topics: section.list("topics")?,
            enveloped,
            durable: quorum || rabbit.get("amqp_durable_queues")?.unwrap_or(false),
            auto_delete: rabbit.get("amqp_auto_delete")?.unwrap_or(false),
            quorum,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        let mut config = Config::default();
        config.overlay("cinder.conf", text.as_bytes()).unwrap();
        config
    }

    #[test]
    fn nothing_is_asked_of_a_broker_that_nobody_names() {
        let nothing = config("[oslo_messaging_notifications]\ndriver = messagingv2\n");
        assert!(Broker::from_config(&nothing).unwrap().is_none());
        assert!(Notifications::from_config(&nothing).unwrap().is_none());
        let silent =
            config("[DEFAULT]\ntransport_url = rabbit://mq\n[oslo_messaging_notifications]\ndriver = noop\n");
        assert!(Broker::from_config(&silent).unwrap().is_some());
        assert!(Notifications::from_config(&silent).unwrap().is_none());
    }

    #[test]
    fn notifications_may_have_a_broker_of_their_own() {
        let both = config(
            "[DEFAULT]\ntransport_url = rabbit://hints\ncontrol_exchange = volumes\n[oslo_messaging_notifications]\n\
             transport_url = rabbit://telemetry/v\ndriver = messagingv2\ndriver = messaging\ntopics = a, b\n\
             [oslo_messaging_rabbit]\namqp_durable_queues = true\nheartbeat_timeout_threshold = 7\n",
        );
        assert_eq!(Broker::from_config(&both).unwrap().unwrap().hosts[0].host, "hints");
        let told = Notifications::from_config(&both).unwrap().unwrap();
        assert_eq!(
            (told.broker.hosts[0].host.as_str(), told.broker.virtual_host.as_str()),
            ("telemetry", "v")
        );
        assert_eq!(
            (told.exchange.as_str(), told.topics, told.enveloped),
            ("volumes", vec!["a".into(), "b".into()], vec![true, false])
        );
        assert!(told.durable && !told.quorum && !told.auto_delete);
        assert_eq!(told.broker.heartbeat_s, 7);
    }

    #[test]
    fn a_wrong_url_is_an_error_without_its_password() {
        let wrong = config("[DEFAULT]\ntransport_url = fake://cinder:s3cr3t@h\n");
        let error = Broker::from_config(&wrong).err().unwrap();
        assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
        let no_file = config(
            "[DEFAULT]\ntransport_url = rabbit://h/?ssl=1\n[oslo_messaging_rabbit]\nssl_ca_file = /nowhere\n",
        );
        assert!(matches!(Broker::from_config(&no_file), Err(BrokerError::Certificates { .. })));
    }
}
