//! Every decision record is found from its index.

use super::Finding;
use super::tree::Tree;

const DIRECTORY: &str = "docs/adr";
const INDEXES: [&str; 2] = ["README.md", "index.md"];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let index = INDEXES.iter().find_map(|name| {
        let path = format!("{DIRECTORY}/{name}");
        tree.text(&path).map(|text| (path.clone(), text))
    });
    let Some((index_path, index)) = index else { return Vec::new() };
    let records = tree.files_in(DIRECTORY).filter(|path| path.ends_with(".md") && **path != index_path);
    let missing = records.filter(|path| {
        let name = path.rsplit('/').next().unwrap_or(path);
        !index.contains(&format!("({name})")) && !index.contains(&format!("(./{name})"))
    });
    missing.map(|path| Finding::in_file(path, format!("{index_path} does not link to it"))).collect()
}
