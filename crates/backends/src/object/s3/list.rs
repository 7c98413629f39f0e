//! What is answered: pages of lists of objects (`ListObjectsV2`), uploads in parts, failures.

use ports::backup::FoundObject;
use roxmltree::{Document, Node};

/// One answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) found: Vec<FoundObject>,
    /// What the next page is asked for with; none on the last.
    pub(super) next: Option<String>,
}

impl Page {
    /// Reads an answer; none when it is none.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
        let root = document.root_element();
        if root.tag_name().name() != "ListBucketResult" {
            return None;
        }
        let mut page = Self::default();
        for contents in root.children().filter(|node| node.tag_name().name() == "Contents") {
            let size_bytes = Some(child(contents, "Size")?.parse().ok()?);
            page.found.push(FoundObject { name: child(contents, "Key")?.to_owned(), size_bytes });
        }
        if child(root, "IsTruncated") == Some("true") {
            page.next = Some(child(root, "NextContinuationToken").filter(|it| !it.is_empty())?.to_owned());
        }
        Some(page)
    }
}

/// The name of an upload in parts that was begun.
pub(super) fn upload_id(body: &[u8]) -> Option<String> {
    let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    child(document.root_element(), "UploadId").map(str::to_owned)
}

/// The uploads in parts that are under way: the key and the name of each; none when the answer is no such list.
pub(super) fn uploads(body: &[u8]) -> Option<Vec<(String, String)>> {
    let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let root = document.root_element();
    if root.tag_name().name() != "ListMultipartUploadsResult" {
        return None;
    }
    let uploads = root.children().filter(|node| node.tag_name().name() == "Upload");
    uploads.map(|node| Some((child(node, "Key")?.to_owned(), child(node, "UploadId")?.to_owned()))).collect()
}

/// The code in an answer that tells of a failure.
pub(super) fn code(body: &[u8]) -> Option<String> {
    let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let root = document.root_element();
    (root.tag_name().name() == "Error").then(|| child(root, "Code").map(str::to_owned)).flatten()
}

fn child<'d>(node: Node<'d, 'd>, name: &str) -> Option<&'d str> {
    node.children().find(|child| child.tag_name().name() == name)?.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_read() {
        let page =
            br#"<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken>a/b==</NextContinuationToken>
            <Contents><Key>a &amp; b</Key><Size>17</Size></Contents></ListBucketResult>"#;
        let found = vec![FoundObject { name: "a & b".to_owned(), size_bytes: Some(17) }];
        assert_eq!(Page::read(page), Some(Page { found, next: Some("a/b==".to_owned()) }));
        let endless = b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
        for odd in [&b""[..], b"<", b"<Error/>", b"\xff", endless] {
            assert_eq!(Page::read(odd), None, "{odd:?}");
        }
        assert_eq!(code(b"<Error><Code>NoSuchBucket</Code></Error>").as_deref(), Some("NoSuchBucket"));
    }
}
