//! From role assignments to the roles of a token.

use crate::ScopeId;

use super::roles::expand;

/// Who a role was assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A user, by id.
    User(String),
    /// Every member of a group, by id.
    Group(String),
}

/// One role, assigned to someone somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// To whom.
    pub actor: Actor,
    /// Where.
    pub scope: ScopeId,
    /// Name of the role.
    pub role: String,
    /// Whether it counts in the projects below the scope (`inherited_to: projects`), and only there.
    pub inherited: bool,
}

/// A user and the groups that it is in.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// Id of the user.
    pub user_id: &'a str,
    /// Ids of the user's groups.
    pub group_ids: &'a [String],
}

impl Holder<'_> {
    fn is(&self, actor: &Actor) -> bool {
        match actor {
            Actor::User(id) => id == self.user_id,
            Actor::Group(id) => self.group_ids.contains(id),
        }
    }
}

/// The roles that `holder` has in `scope`, implied ones included, each once.
///
/// `ancestors` are the scopes above a project from which it inherits: its parents and its domain. A
/// role on a domain does not count in the domain's projects unless it was assigned as inherited, and
/// an unscoped token has no roles.
#[must_use]
pub fn effective_roles<'a>(
    assignments: &'a [Assignment],
    holder: Holder<'_>,
    scope: &ScopeId,
    ancestors: &[ScopeId],
) -> Vec<&'a str> {
    let counts = |assignment: &&Assignment| {
        let applies = if assignment.inherited {
            matches!(scope, ScopeId::Project(_)) && ancestors.contains(&assignment.scope)
        } else {
            *scope != ScopeId::Unscoped && assignment.scope == *scope
        };
        applies && holder.is(&assignment.actor)
    };
    expand(assignments.iter().filter(counts).map(|assignment| &*assignment.role))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(id: &str) -> ScopeId {
        ScopeId::Project(id.to_owned())
    }

    fn domain(id: &str) -> ScopeId {
        ScopeId::Domain(id.to_owned())
    }

    fn assignment(actor: Actor, scope: ScopeId, role: &str, inherited: bool) -> Assignment {
        Assignment { actor, scope, role: role.to_owned(), inherited }
    }

    fn user(id: &str) -> Actor {
        Actor::User(id.to_owned())
    }

    fn alice() -> Holder<'static> {
        Holder { user_id: "alice", group_ids: &[] }
    }

    #[test]
    fn a_role_counts_where_it_was_assigned_and_nowhere_else() {
        let assignments = [
            assignment(user("alice"), project("p1"), "member", false),
            assignment(user("bob"), project("p1"), "admin", false),
            assignment(user("alice"), domain("d"), "manager", false),
            assignment(user("alice"), ScopeId::System, "reader", false),
        ];
        let roles = |scope: &ScopeId| effective_roles(&assignments, alice(), scope, &[domain("d")]);
        assert_eq!(roles(&project("p1")), ["member", "reader"]);
        assert_eq!(roles(&project("p2")), [""; 0]);
        assert_eq!(roles(&domain("d")), ["manager", "member", "reader"]);
        assert_eq!(roles(&ScopeId::System), ["reader"]);
        assert_eq!(roles(&ScopeId::Unscoped), [""; 0]);
    }

    #[test]
    fn groups_give_their_roles_to_their_members() {
        let assignments = [assignment(Actor::Group("staff".into()), project("p"), "admin", false)];
        let groups = ["staff".to_owned()];
        let member = Holder { user_id: "alice", group_ids: &groups };
        assert_eq!(effective_roles(&assignments, member, &project("p"), &[])[0], "admin");
        assert_eq!(effective_roles(&assignments, alice(), &project("p"), &[]), [""; 0]);
    }

    #[test]
    fn a_user_is_not_a_group_of_the_same_id() {
        let assignments = [assignment(Actor::Group("alice".into()), project("p"), "admin", false)];
        assert_eq!(effective_roles(&assignments, alice(), &project("p"), &[]), [""; 0]);
    }

    #[test]
    fn inherited_roles_count_below_and_not_at_their_scope() {
        let assignments = [
            assignment(user("alice"), domain("d"), "member", true),
            assignment(user("alice"), project("parent"), "auditor", true),
        ];
        let roles = |scope: &ScopeId, above: &[ScopeId]| {
            effective_roles(&assignments, alice(), scope, above).join(" ")
        };
        assert_eq!(roles(&domain("d"), &[]), "");
        assert_eq!(roles(&project("parent"), &[domain("d")]), "member reader");
        assert_eq!(roles(&project("child"), &[project("parent"), domain("d")]), "member auditor reader");
        assert_eq!(roles(&project("elsewhere"), &[domain("other")]), "");
        assert_eq!(roles(&ScopeId::System, &[domain("d")]), "");
    }

    #[test]
    fn the_same_role_by_two_ways_comes_once() {
        let assignments = [
            assignment(user("alice"), project("p"), "member", false),
            assignment(user("alice"), domain("d"), "member", true),
            assignment(user("alice"), project("p"), "admin", false),
        ];
        let roles = effective_roles(&assignments, alice(), &project("p"), &[domain("d")]);
        assert_eq!(roles, ["member", "admin", "reader", "manager"]);
    }
}
