//! Single values out of a report.

use serde_json::{Map, Value};

use super::ReportError;
use crate::capacity::OverSubscription;
use crate::pool::Capacity;
use crate::specs::is_true_word;

/// One pool's figures.
pub(super) struct Values<'r> {
    pub(super) pool: &'r str,
    pub(super) map: &'r Map<String, Value>,
}

impl Values<'_> {
    pub(super) fn capacity(&self, key: &'static str) -> Result<Option<Capacity>, ReportError> {
        match self.map.get(key) {
            Some(Value::String(word)) if word == "infinite" => Ok(Some(Capacity::Infinite)),
            Some(Value::String(word)) if word == "unknown" => Ok(Some(Capacity::Unknown)),
            _ => match self.number(key) {
                Ok(number) => Ok(number.map(Capacity::Gib)),
                Err(_) => Err(self.fault(key, "a number, 'infinite' or 'unknown'")),
            },
        }
    }

    pub(super) fn number(&self, key: &'static str) -> Result<Option<f64>, ReportError> {
        let number = match self.map.get(key) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        number.filter(|number| number.is_finite()).map(Some).ok_or_else(|| self.fault(key, "a number"))
    }

    /// `None` when the pool leaves it to the service's own option, as zero and the empty text do.
    pub(super) fn over_subscription(&self) -> Result<Option<OverSubscription>, ReportError> {
        const KEY: &str = "max_over_subscription_ratio";
        let ratio = match self.map.get(KEY) {
            Some(Value::String(text)) if text.is_empty() => None,
            Some(Value::String(text)) => {
                Some(text.parse().map_err(|_| self.fault(KEY, "a number or 'auto'"))?)
            }
            _ => self.number(KEY)?.map(OverSubscription::Ratio),
        };
        Ok(ratio.filter(|ratio| *ratio != OverSubscription::Ratio(0.0)))
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        match self.map.get(key) {
            Some(Value::Bool(yes)) => *yes,
            Some(Value::String(word)) => is_true_word(word),
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            _ => false,
        }
    }

    /// A plain no; silence is none.
    pub(super) fn denies(&self, key: &str) -> bool {
        matches!(self.map.get(key), Some(Value::Bool(_) | Value::String(_) | Value::Number(_)))
            && !self.flag(key)
    }

    fn fault(&self, key: &'static str, wanted: &'static str) -> ReportError {
        ReportError::Value { pool: self.pool.to_owned(), key, wanted }
    }
}

/// A text, or a number as text; nothing when it is empty or of another kind.
pub(super) fn text(map: &Map<String, Value>, key: &str) -> Option<String> {
    match map.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
