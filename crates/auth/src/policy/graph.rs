//! References between rules as a graph: nodes by index, edges to the nodes referred to.

use std::collections::HashSet;

/// The nodes on circles and on paths between circles: those that are left whichever end one starts
/// to take the graph apart from. Nodes that merely lead to them are not among them.
pub(super) fn circular(edges: &[Vec<usize>]) -> Vec<usize> {
    let backward = reversed(edges);
    let from_leaves: HashSet<usize> = dependency_order(edges, &backward).into_iter().collect();
    let from_roots: HashSet<usize> = dependency_order(&backward, edges).into_iter().collect();
    (0..edges.len()).filter(|index| !from_leaves.contains(index) && !from_roots.contains(index)).collect()
}

/// The same edges the other way round.
pub(super) fn reversed(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut reversed = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for &to in targets {
            reversed[to].push(from);
        }
    }
    reversed
}

/// Every node after all that its edges lead to (Kahn's algorithm); nodes from which a circle can be
/// reached are left out.
pub(super) fn dependency_order(edges: &[Vec<usize>], reversed: &[Vec<usize>]) -> Vec<usize> {
    let mut waiting: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..edges.len()).filter(|&node| waiting[node] == 0).collect();
    let mut done = 0;
    while let Some(&node) = order.get(done) {
        done += 1;
        for &dependent in &reversed[node] {
            waiting[dependent] -= 1;
            if waiting[dependent] == 0 {
                order.push(dependent);
            }
        }
    }
    order
}
