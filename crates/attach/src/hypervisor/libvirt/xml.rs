//! A writer of XML, of as much of it as libvirt wants: elements, attributes and text, everything escaped.

use std::fmt;

/// An element.
#[derive(Debug, Clone)]
pub(super) struct Element {
    name: String,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Child>,
}

#[derive(Debug, Clone)]
enum Child {
    Element(Element),
    Text(String),
}

impl Element {
    /// An element that is empty as yet.
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), attributes: Vec::new(), children: Vec::new() }
    }

    /// Adds an attribute.
    pub(super) fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    /// Adds an element to its content.
    pub(super) fn child(mut self, child: Self) -> Self {
        self.children.push(Child::Element(child));
        self
    }

    /// Adds elements to its content.
    pub(super) fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children.into_iter().map(Child::Element));
        self
    }

    /// Adds text to its content.
    pub(super) fn text(mut self, text: impl fmt::Display) -> Self {
        self.children.push(Child::Text(text.to_string()));
        self
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}", self.name)?;
        for (name, value) in &self.attributes {
            write!(f, " {name}='{}'", Escaped(value))?;
        }
        if self.children.is_empty() {
            return f.write_str("/>");
        }
        f.write_str(">")?;
        for child in &self.children {
            match child {
                Child::Element(element) => element.fmt(f)?,
                Child::Text(text) => Escaped(text).fmt(f)?,
            }
        }
        write!(f, "</{}>", self.name)
    }
}

/// Text that is nothing but text. What XML cannot say at all becomes U+FFFD, which is no name of anything.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '\'' => f.write_str("&apos;")?,
                '"' => f.write_str("&quot;")?,
                '\t' | '\n' | '\r' => write!(f, "&#{};", u32::from(c))?,
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_written_is_read_again() {
        for text in ["plain", "a'b\"c<d>&amp;&e", "é\u{1f600}", "tab\tnew\nline\r", "]]>", "<!--", "<?x?>"] {
            let written = Element::new("a").with("b", text).child(Element::new("c").text(text)).to_string();
            let read = roxmltree::Document::parse(&written).unwrap();
            assert_eq!(read.root_element().attribute("b"), Some(text), "{written}");
            assert_eq!(read.root_element().first_element_child().unwrap().text(), Some(text), "{written}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_nobodys_name() {
        let written = Element::new("a").with("b", "x\0y\u{1b}\u{ffff}").to_string();
        assert_eq!(written, "<a b='x\u{fffd}y\u{fffd}\u{fffd}'/>");
    }
}
