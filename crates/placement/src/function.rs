//! `filter_function` and `goodness_function`: a driver's own formulas about a pool and a request.

use crate::evaluator::{EvalError, Expression, Operand, Scope, SyntaxError};
use crate::fact::Fact;
use crate::pool::PoolState;
use crate::request::Request;

/// What `stats.…` offers.
const STATS: [&str; 13] = [
    "host",
    "cluster_name",
    "backend_id",
    "volume_backend_name",
    "vendor_name",
    "driver_version",
    "storage_protocol",
    "QoS_support",
    "total_capacity_gb",
    "allocated_capacity_gb",
    "free_capacity_gb",
    "reserved_percentage",
    "updated",
];

const STORAGE_PROTOCOL: &str = "storage_protocol";

/// A formula, parsed once when its backend reports it.
#[derive(Debug, PartialEq)]
pub struct Function {
    source: String,
    parsed: Result<Expression, SyntaxError>,
    uses_protocol: bool,
}

impl Function {
    /// Parses a formula. One that is wrong is kept with its error, which every use of it then yields.
    #[must_use]
    pub fn new(source: impl Into<String>) -> Self {
        let source = source.into();
        let parsed = Expression::parse(&source);
        let uses_protocol = source.contains(STORAGE_PROTOCOL);
        Self { source, parsed, uses_protocol }
    }

    /// The formula as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The results for a pool and a request: one for each spelling of the pool's protocol if the formula looks at it.
    pub(crate) fn results<'a>(
        &'a self,
        pool: &'a PoolState,
        request: &'a Request,
    ) -> impl Iterator<Item = Result<Operand<'a>, FunctionError>> {
        let spellings: &[String] = if self.uses_protocol { &pool.storage_protocol } else { &[] };
        (0..spellings.len().max(1)).map(move |index| {
            let expression = self.parsed.as_ref().map_err(|error| FunctionError::Syntax(error.clone()))?;
            let protocol = spellings.get(index).map(String::as_str);
            Ok(expression.evaluate(&Variables { pool, request, protocol })?)
        })
    }
}

/// Why a formula has no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FunctionError {
    /// It is not a formula.
    #[error(transparent)]
    Syntax(SyntaxError),
    /// It cannot be computed for this pool and request.
    #[error(transparent)]
    Evaluation(#[from] EvalError),
}

/// The names that a formula may use: `stats`, `capabilities`, `volume`, `extra` and `qos`.
struct Variables<'a> {
    pool: &'a PoolState,
    request: &'a Request,
    /// The spelling to show in place of all of them.
    protocol: Option<&'a str>,
}

impl<'a> Scope<'a> for Variables<'a> {
    fn value(&self, space: &str, name: &str) -> Option<Operand<'a>> {
        match self.fact(space, name) {
            Fact::Text(text) => Some(Operand::read(text)),
            fact => fact.number().map(Operand::Number),
        }
    }
}

impl<'a> Variables<'a> {
    fn fact(&self, space: &str, name: &str) -> Fact<'a> {
        match (space, name, self.protocol) {
            ("stats" | "capabilities", STORAGE_PROTOCOL, Some(spelling)) => Fact::Text(spelling),
            ("stats", _, _) if STATS.contains(&name) => self.pool.attribute(name),
            ("capabilities", _, _) => self.pool.capability(name),
            ("volume", _, _) => self.volume(name),
            ("extra", _, _) => {
                self.request.extra_specs.get(name).map_or(Fact::Missing, |spec| Fact::text(spec.as_deref()))
            }
            ("qos", _, _) => self.request.qos_specs.get(name).map_or(Fact::Missing, |spec| Fact::Text(spec)),
            _ => Fact::Missing,
        }
    }

    fn volume(&self, name: &str) -> Fact<'a> {
        match self.request.properties.get(name) {
            Some(value) => Fact::from(value),
            None if name == "size" => Fact::Number(self.request.demand.size_gib() as f64),
            None => Fact::Missing,
        }
    }
}
