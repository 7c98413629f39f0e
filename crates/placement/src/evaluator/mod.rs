//! The little language of `filter_function` and `goodness_function`.
//!
//! From the tightest binding to the loosest:
//!
//! | Operators | |
//! |---|---|
//! | `abs(x)` `max(x, y, …)` `min(x, y, …)` `( )` | |
//! | `^` | to the right: `2^3^2` is `2^9` |
//! | `+` `-` | signs |
//! | `*` `/` | division never truncates |
//! | `+` `-` | |
//! | `not` `NOT` `!` | |
//! | `<` `<=` `>` `>=` `==` `!=` `<>` | `a < b < c` means both |
//! | `c ? a : b` | only the branch taken is computed |
//! | `and` `AND` `&&` | |
//! | `or` `OR` `\|\|` | |
//!
//! Operands are integers, decimals, quoted texts, and names such as `stats.free_capacity_gb`: letters, `_` and one dot.
//! A word without a dot is a text that needs no quotes.
//!
//! Three accidents of the original are not repeated: every operand of a run of `and` or `or` counts, not only the first
//! two; a name may stand before `and`, `or` and `not` without parentheses; and reported decimals keep their fractions.
//!
//! An operator takes only operands that bind tighter than itself (`2^-1` is an error, `2^(-1)` is not). Numbers are
//! double precision; a result that is no finite number is an error, as is arithmetic on texts, so that no formula can
//! use more time or memory than its own length warrants.

mod eval;
mod lexer;
mod parser;
mod tree;

pub use eval::{EvalError, Operand, Scope};
pub use parser::{Expression, SyntaxError, SyntaxFault};

/// The longest formula that is read, in bytes.
pub const MAX_SOURCE_BYTES: usize = 8192;

/// How deeply operators and parentheses may nest: a pair of parentheses counts as one, and so does every operator
/// whose operand they are.
pub const MAX_DEPTH: usize = 120;
