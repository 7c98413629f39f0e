//! Tokens to a tree, by operator precedence.

use super::lexer::{self, Located, Token};
use super::tree::{Arithmetic, Call, Comparison, Node};
use super::{MAX_DEPTH, MAX_SOURCE_BYTES};

/// Why a formula cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("at byte {at}: {fault}")]
pub struct SyntaxError {
    /// Where, counted in bytes from 0.
    pub at: usize,
    /// What is wrong there.
    pub fault: SyntaxFault,
}

/// What can be wrong with a formula.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SyntaxFault {
    /// More than [`MAX_SOURCE_BYTES`].
    #[error("longer than {MAX_SOURCE_BYTES} bytes")]
    TooLong,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested too deeply")]
    TooDeep,
    /// A character that begins no token.
    #[error("unexpected {0:?}")]
    Character(char),
    /// A token that cannot stand here.
    #[error("unexpected {0}")]
    Unexpected(String),
    /// The formula ends where something must follow.
    #[error("unexpected end")]
    End,
    /// A text without its closing quote.
    #[error("a quote is not closed")]
    OpenQuote,
    /// A number beyond double precision.
    #[error("the number is too large")]
    NumberTooLarge,
    /// A name with more than one dot, or with nothing beside it.
    #[error("{0:?} is not a name: letters, '_' and one dot")]
    Name(String),
    /// A call of something other than `abs`, `max` and `min`.
    #[error("there is no function {0:?}")]
    Function(String),
    /// `abs` takes one argument, `max` and `min` take two or more.
    #[error("wrong number of arguments for {0}")]
    Arguments(&'static str),
}

/// A formula that has been read.
#[derive(Debug, PartialEq)]
pub struct Expression {
    pub(super) root: Node,
}

/// How tightly an operator binds, loosest first.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Level {
    Or,
    And,
    Choice,
    Comparison,
    Not,
    Sum,
    Product,
    Sign,
    Power,
}

impl Level {
    /// Where an operator between two operands belongs.
    fn of_infix(symbol: &str) -> Option<Self> {
        Some(match symbol {
            "or" => Self::Or,
            "and" => Self::And,
            "?" => Self::Choice,
            "<" | "<=" | ">" | ">=" | "==" | "!=" => Self::Comparison,
            "+" | "-" => Self::Sum,
            "*" | "/" => Self::Product,
            "^" => Self::Power,
            _ => return None,
        })
    }
}

impl Expression {
    /// Reads a formula.
    ///
    /// # Errors
    /// The first thing in it that is wrong, and where.
    pub fn parse(source: &str) -> Result<Self, SyntaxError> {
        if source.len() > MAX_SOURCE_BYTES {
            return Err(SyntaxError { at: MAX_SOURCE_BYTES, fault: SyntaxFault::TooLong });
        }
        let tokens = lexer::tokens(source)?;
        let mut parser = Parser { tokens: &tokens, next: 0, end: source.len(), depth: 0 };
        let root = parser.expression(Level::Or)?;
        match parser.peek() {
            None => Ok(Self { root }),
            Some(_) => Err(parser.unexpected()),
        }
    }
}

struct Parser<'t, 's> {
    tokens: &'t [Located<'s>],
    next: usize,
    end: usize,
    depth: usize,
}

impl<'s> Parser<'_, 's> {
    /// An expression of operators that bind at least as tightly as `level`.
    fn expression(&mut self, level: Level) -> Result<Node, SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(SyntaxFault::TooDeep));
        }
        let mut left = self.prefixed(level)?;
        while let Some(found) = self.peek_infix().filter(|found| *found >= level) {
            left = self.infix(left, found)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn prefixed(&mut self, level: Level) -> Result<Node, SyntaxError> {
        let (wrap, own): (fn(Box<Node>) -> Node, Level) = match self.peek() {
            Some(Token::Symbol("not")) => (Node::Not, Level::Not),
            Some(Token::Symbol("-")) => (Node::Minus, Level::Sign),
            Some(Token::Symbol("+")) => (Node::Plus, Level::Sign),
            _ => return self.operand(),
        };
        if own < level {
            return Err(self.unexpected());
        }
        self.next += 1;
        Ok(wrap(Box::new(self.expression(own)?)))
    }

    fn infix(&mut self, left: Node, level: Level) -> Result<Node, SyntaxError> {
        let left = Box::new(left);
        Ok(match level {
            Level::Or => {
                Node::Or(left, self.run(level, Level::And)?.into_iter().map(|(_, right)| right).collect())
            }
            Level::And => {
                Node::And(left, self.run(level, Level::Choice)?.into_iter().map(|(_, right)| right).collect())
            }
            Level::Choice => return self.choice(*left),
            Level::Comparison => {
                Node::Comparison(left, operators(self.run(level, Level::Not)?, Comparison::of))
            }
            Level::Sum => Node::Arithmetic(left, operators(self.run(level, Level::Product)?, Arithmetic::of)),
            Level::Product => {
                Node::Arithmetic(left, operators(self.run(level, Level::Sign)?, Arithmetic::of))
            }
            Level::Power => {
                self.next += 1;
                Node::Power(left, Box::new(self.expression(Level::Power)?))
            }
            Level::Not | Level::Sign => return Err(self.unexpected()),
        })
    }

    /// Operators of one level, each with the operand to its right.
    fn run(&mut self, level: Level, operands: Level) -> Result<Vec<(&'static str, Node)>, SyntaxError> {
        let mut run = Vec::new();
        while let Some(Token::Symbol(symbol)) = self.peek() {
            if Level::of_infix(symbol) != Some(level) {
                break;
            }
            self.next += 1;
            run.push((symbol, self.expression(operands)?));
        }
        Ok(run)
    }

    fn choice(&mut self, condition: Node) -> Result<Node, SyntaxError> {
        self.expect("?")?;
        let yes = self.expression(Level::Comparison)?;
        self.expect(":")?;
        let no = self.expression(Level::Choice)?;
        Ok(Node::Choice(Box::new([condition, yes, no])))
    }

    fn operand(&mut self) -> Result<Node, SyntaxError> {
        let node = match self.peek() {
            Some(Token::Number(number)) => Node::Number(number),
            Some(Token::Text(text)) => Node::Text(text.to_owned()),
            Some(Token::Word(word)) => return self.word(word),
            Some(Token::Symbol("(")) => {
                self.next += 1;
                let inner = self.expression(Level::Or)?;
                self.expect(")")?;
                return Ok(inner);
            }
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(node)
    }

    /// A call, a name or a text without quotes.
    fn word(&mut self, word: &'s str) -> Result<Node, SyntaxError> {
        if let Some((_, Token::Symbol("("))) = self.tokens.get(self.next + 1) {
            return self.call(word);
        }
        let node = match word.split_once('.') {
            None => Node::Text(word.to_owned()),
            Some((space, name)) if !space.is_empty() && !name.is_empty() && !name.contains('.') => {
                Node::Name { space: space.to_owned(), name: name.to_owned() }
            }
            Some(_) => return Err(self.error(SyntaxFault::Name(word.to_owned()))),
        };
        self.next += 1;
        Ok(node)
    }

    fn call(&mut self, word: &str) -> Result<Node, SyntaxError> {
        let (call, name, arguments_taken) = match word {
            "abs" => (Call::Abs, "abs", 1..=1),
            "max" => (Call::Max, "max", 2..=usize::MAX),
            "min" => (Call::Min, "min", 2..=usize::MAX),
            _ => return Err(self.error(SyntaxFault::Function(word.to_owned()))),
        };
        self.next += 2;
        let mut arguments = vec![self.expression(Level::Or)?];
        while self.peek() == Some(Token::Symbol(",")) {
            self.next += 1;
            arguments.push(self.expression(Level::Or)?);
        }
        if !arguments_taken.contains(&arguments.len()) {
            return Err(self.error(SyntaxFault::Arguments(name)));
        }
        self.expect(")")?;
        Ok(Node::Call(call, arguments))
    }

    fn peek(&self) -> Option<Token<'s>> {
        self.tokens.get(self.next).map(|(_, token)| *token)
    }

    fn peek_infix(&self) -> Option<Level> {
        match self.peek() {
            Some(Token::Symbol(symbol)) => Level::of_infix(symbol),
            _ => None,
        }
    }

    fn expect(&mut self, symbol: &str) -> Result<(), SyntaxError> {
        match self.peek() {
            Some(Token::Symbol(found)) if found == symbol => {
                self.next += 1;
                Ok(())
            }
            _ => Err(self.unexpected()),
        }
    }

    fn unexpected(&self) -> SyntaxError {
        self.error(match self.peek() {
            None => SyntaxFault::End,
            Some(Token::Number(number)) => SyntaxFault::Unexpected(number.to_string()),
            Some(Token::Text(text) | Token::Word(text)) => SyntaxFault::Unexpected(format!("{text:?}")),
            Some(Token::Symbol(symbol)) => SyntaxFault::Unexpected(format!("{symbol:?}")),
        })
    }

    fn error(&self, fault: SyntaxFault) -> SyntaxError {
        SyntaxError { at: self.tokens.get(self.next).map_or(self.end, |(at, _)| *at), fault }
    }
}

fn operators<O>(run: Vec<(&'static str, Node)>, operator: fn(&str) -> O) -> Vec<(O, Node)> {
    run.into_iter().map(|(symbol, node)| (operator(symbol), node)).collect()
}
