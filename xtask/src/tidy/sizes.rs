//! Files that can be read in one sitting.

use super::Finding;
use super::tree::Tree;

const LINES: usize = 500;
/// Tests are read one at a time.
const TEST_LINES: usize = 800;

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let too_long = tree.texts(".rs").filter_map(|(path, text)| {
        let limit = if is_test(path) { TEST_LINES } else { LINES };
        let lines = text.lines().count();
        (lines > limit).then(|| Finding::in_file(path, format!("{lines} lines; {limit} are the most")))
    });
    too_long.collect()
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}
