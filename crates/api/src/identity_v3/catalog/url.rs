//! URLs of endpoints with places for the holder of a token: `http://host/v3/%(project_id)s`.

/// The URL for this user and project; none when it has a place that nothing fills. `%%` is a percent sign, and
/// `$(project_id)s` an older way to write `%(project_id)s`.
#[must_use]
pub(crate) fn fill(template: &str, user_id: &str, project_id: Option<&str>) -> Option<String> {
    let template = template.replace("$(", "%(");
    let mut url = String::with_capacity(template.len() + 32);
    let mut rest = template.as_str();
    while let Some((before, after)) = rest.split_once('%') {
        url.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            url.push('%');
            rest = after;
            continue;
        }
        let (name, after) = after.strip_prefix('(')?.split_once(")s")?;
        url.push_str(match name {
            "project_id" | "tenant_id" => project_id?,
            "user_id" => user_id,
            _ => return None,
        });
        rest = after;
    }
    url.push_str(rest);
    Some(url)
}

/// Whether a URL has a scheme, and no place that could never be filled.
#[must_use]
pub(crate) fn is_fillable(template: &str) -> bool {
    fill(template, "u", Some("p")).is_some()
}

/// Whether a text begins like a URL: a scheme, a colon and something behind it.
#[must_use]
pub(crate) fn has_scheme(text: &str) -> bool {
    let is_scheme = |scheme: &str| {
        !scheme.is_empty()
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    };
    text.split_once(':').is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled() {
        let fill = |template| fill(template, "u1", Some("p1"));
        assert_eq!(fill("http://h/v3/%(project_id)s").as_deref(), Some("http://h/v3/p1"));
        assert_eq!(fill("http://h/$(tenant_id)s/%(user_id)s").as_deref(), Some("http://h/p1/u1"));
        assert_eq!(fill("http://h/100%%").as_deref(), Some("http://h/100%"));
        assert_eq!(fill("http://h").as_deref(), Some("http://h"));
    }

    #[test]
    fn what_cannot_be_filled_has_no_url() {
        assert_eq!(fill("http://h/%(project_id)s", "u", None), None);
        for template in ["http://%(project_id", "http://%zz", "http://%(secret)s", "http://h/%"] {
            assert!(!is_fillable(template), "{template}");
        }
        assert!(is_fillable("http://h/%(project_id)s"));
    }

    #[test]
    fn urls_have_a_scheme() {
        for (text, is) in
            [("http://h", true), ("h %(foo)s", false), ("", false), ("http:", false), (":x", false)]
        {
            assert_eq!(has_scheme(text), is, "{text}");
        }
    }
}
