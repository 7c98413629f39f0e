//! What a formula is made of.

/// Runs of operators that bind alike stay flat, so that only real nesting makes the tree deep.
#[derive(Debug, PartialEq)]
pub(super) enum Node {
    Number(f64),
    Text(String),
    Name { space: String, name: String },
    Call(Call, Vec<Node>),
    Power(Box<Node>, Box<Node>),
    Minus(Box<Node>),
    Plus(Box<Node>),
    Not(Box<Node>),
    Arithmetic(Box<Node>, Vec<(Arithmetic, Node)>),
    Comparison(Box<Node>, Vec<(Comparison, Node)>),
    Choice(Box<[Node; 3]>),
    And(Box<Node>, Vec<Node>),
    Or(Box<Node>, Vec<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Call {
    Abs,
    Max,
    Min,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    Unequal,
}

impl Arithmetic {
    /// The operator of that symbol; the lexer knows no others of this level.
    pub(super) fn of(symbol: &str) -> Self {
        match symbol {
            "+" => Self::Add,
            "-" => Self::Subtract,
            "*" => Self::Multiply,
            _ => Self::Divide,
        }
    }
}

impl Comparison {
    /// The operator of that symbol; the lexer knows no others of this level.
    pub(super) fn of(symbol: &str) -> Self {
        match symbol {
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "==" => Self::Equal,
            _ => Self::Unequal,
        }
    }
}
