//! The rules of the Identity API, equivalent to the defaults of Keystone 30.
//!
//! Targets: `user_id` is the user in the path; `target.user.*`, `target.group.*`, `target.project.*`,
//! `target.domain.id`, `target.role.*` and `target.token.user_id` describe the objects;
//! `target.domain_id` is the domain that a list is filtered by.

use super::table::rule_set;

const ANYONE: &str = "";
const ADMIN: &str = "rule:admin_required";
const ADMIN_OR_SYSTEM_READER: &str = "rule:admin_required or rule:system_reader";
/// Administrators, who may look at everything, and whoever reads one domain only.
const READER_OF_DOMAIN: &str =
    "rule:admin_required or rule:system_reader or (role:reader and domain_id:%(target.domain_id)s)";
const READER_OF_GROUP_DOMAIN: &str =
    "rule:admin_required or rule:system_reader or (role:reader and domain_id:%(target.group.domain_id)s)";
const MANAGER_OF_GROUP_DOMAIN: &str =
    "rule:admin_required or (role:manager and domain_id:%(target.group.domain_id)s)";
const MANAGER_OF_MEMBERS_DOMAIN: &str = "rule:admin_required or (role:manager \
     and domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s)";
const MANAGER_OF_PROJECT_DOMAIN: &str =
    "rule:admin_required or (role:manager and domain_id:%(target.project.domain_id)s)";
const MANAGER_OF_USER_DOMAIN: &str =
    "rule:admin_required or (role:manager and domain_id:%(target.user.domain_id)s)";
const OWNER_OR_READER: &str = "rule:admin_required or rule:system_reader or rule:owner";
const GRANT_IN_DOMAIN: &str = "rule:admin_required \
     or (role:admin and rule:grant_inside_domain and rule:role_of_domain) \
     or (role:manager and rule:grant_inside_domain and rule:domain_managed_target_role)";

rule_set! {
    /// A rule of the Identity API. A variant is the rule's name in camel case, without `identity:`.
    pub enum IdentityRule {
        // Base rules.
        AdminRequired "admin_required" = "role:admin";
        ServiceRole "service_role" = "role:service";
        SystemReader "system_reader" = "role:reader and system_scope:all";
        Owner "owner" = "user_id:%(user_id)s";
        AdminOrOwner "admin_or_owner" = "rule:admin_required or rule:owner";
        TokenSubject "token_subject" = "user_id:%(target.token.user_id)s";
        DomainManagedTargetRole "domain_managed_target_role" =
            "'manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s";
        RoleOfDomain "role_of_domain" =
            "domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s";
        GrantInsideDomain "grant_inside_domain" =
            "(domain_id:%(target.user.domain_id)s or domain_id:%(target.group.domain_id)s) \
             and (domain_id:%(target.project.domain_id)s or domain_id:%(target.domain.id)s)";

        // Tokens, and what the holder of one may ask about itself.
        ValidateToken "identity:validate_token" =
            "rule:admin_required or rule:system_reader or rule:service_role or rule:token_subject";
        CheckToken "identity:check_token" =
            "rule:admin_required or rule:system_reader or rule:token_subject";
        RevokeToken "identity:revoke_token" = "rule:admin_required or rule:token_subject";
        GetAuthCatalog "identity:get_auth_catalog" = ANYONE;
        GetAuthProjects "identity:get_auth_projects" = ANYONE;
        GetAuthDomains "identity:get_auth_domains" = ANYONE;
        GetAuthSystem "identity:get_auth_system" = ANYONE;

        // Projects.
        ListProjects "identity:list_projects" = READER_OF_DOMAIN;
        GetProject "identity:get_project" =
            "rule:admin_required or rule:system_reader or project_id:%(target.project.id)s \
             or (role:reader and domain_id:%(target.project.domain_id)s)";
        CreateProject "identity:create_project" = MANAGER_OF_PROJECT_DOMAIN;
        UpdateProject "identity:update_project" = MANAGER_OF_PROJECT_DOMAIN;
        DeleteProject "identity:delete_project" = MANAGER_OF_PROJECT_DOMAIN;

        // Users.
        ListUsers "identity:list_users" = READER_OF_DOMAIN;
        GetUser "identity:get_user" =
            "rule:admin_required or rule:system_reader or user_id:%(target.user.id)s \
             or (role:reader and domain_id:%(target.user.domain_id)s)";
        CreateUser "identity:create_user" = MANAGER_OF_USER_DOMAIN;
        UpdateUser "identity:update_user" = MANAGER_OF_USER_DOMAIN;
        DeleteUser "identity:delete_user" = MANAGER_OF_USER_DOMAIN;
        ListUserProjects "identity:list_user_projects" =
            "rule:admin_required or rule:system_reader or user_id:%(target.user.id)s \
             or (role:reader and domain_id:%(target.user.domain_id)s)";
        ListGroupsForUser "identity:list_groups_for_user" =
            "rule:admin_required or rule:system_reader or rule:owner \
             or (role:reader and domain_id:%(target.user.domain_id)s)";

        // Groups.
        ListGroups "identity:list_groups" = READER_OF_GROUP_DOMAIN;
        GetGroup "identity:get_group" = READER_OF_GROUP_DOMAIN;
        CreateGroup "identity:create_group" = MANAGER_OF_GROUP_DOMAIN;
        UpdateGroup "identity:update_group" = MANAGER_OF_GROUP_DOMAIN;
        DeleteGroup "identity:delete_group" = MANAGER_OF_GROUP_DOMAIN;
        ListUsersInGroup "identity:list_users_in_group" = READER_OF_GROUP_DOMAIN;
        CheckUserInGroup "identity:check_user_in_group" =
            "rule:admin_required or rule:system_reader or (role:reader \
             and domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s)";
        AddUserToGroup "identity:add_user_to_group" = MANAGER_OF_MEMBERS_DOMAIN;
        RemoveUserFromGroup "identity:remove_user_from_group" = MANAGER_OF_MEMBERS_DOMAIN;

        // Roles and their assignment.
        ListRoles "identity:list_roles" =
            "rule:admin_required or rule:system_reader or (role:manager and not domain_id:None)";
        GetRole "identity:get_role" =
            "rule:admin_required or rule:system_reader or (role:manager and rule:domain_managed_target_role)";
        CreateRole "identity:create_role" = ADMIN, for SystemOrProject;
        UpdateRole "identity:update_role" = ADMIN, for SystemOrProject;
        DeleteRole "identity:delete_role" = ADMIN, for SystemOrProject;
        CreateGrant "identity:create_grant" = GRANT_IN_DOMAIN;
        RevokeGrant "identity:revoke_grant" = GRANT_IN_DOMAIN;
        CheckGrant "identity:check_grant" =
            "rule:admin_required or rule:system_reader \
             or (role:reader and rule:grant_inside_domain and rule:role_of_domain)";
        ListGrants "identity:list_grants" =
            "rule:admin_required or rule:system_reader or (role:reader and rule:grant_inside_domain)";
        CreateSystemGrantForUser "identity:create_system_grant_for_user" = ADMIN, for SystemOrProject;
        ListSystemGrantsForUser "identity:list_system_grants_for_user" =
            ADMIN_OR_SYSTEM_READER, for SystemOrProject;
        CheckSystemGrantForUser "identity:check_system_grant_for_user" =
            ADMIN_OR_SYSTEM_READER, for SystemOrProject;
        RevokeSystemGrantForUser "identity:revoke_system_grant_for_user" = ADMIN, for SystemOrProject;
        ListRoleAssignments "identity:list_role_assignments" = READER_OF_DOMAIN;

        // Domains.
        ListDomains "identity:list_domains" =
            "rule:admin_required or rule:system_reader or (role:reader and domain_id:%(target.domain.id)s)";
        GetDomain "identity:get_domain" =
            "rule:admin_required or rule:system_reader \
             or domain_id:%(target.domain.id)s or project_domain_id:%(target.domain.id)s";
        CreateDomain "identity:create_domain" = ADMIN, for SystemOrProject;
        UpdateDomain "identity:update_domain" = ADMIN, for SystemOrProject;
        DeleteDomain "identity:delete_domain" = ADMIN, for SystemOrProject;

        // Catalog.
        ListServices "identity:list_services" = ADMIN_OR_SYSTEM_READER, for SystemOrProject;
        GetService "identity:get_service" = ADMIN_OR_SYSTEM_READER, for SystemOrProject;
        CreateService "identity:create_service" = ADMIN, for SystemOrProject;
        UpdateService "identity:update_service" = ADMIN, for SystemOrProject;
        DeleteService "identity:delete_service" = ADMIN, for SystemOrProject;
        ListEndpoints "identity:list_endpoints" = ADMIN_OR_SYSTEM_READER, for SystemOrProject;
        GetEndpoint "identity:get_endpoint" = ADMIN_OR_SYSTEM_READER, for SystemOrProject;
        CreateEndpoint "identity:create_endpoint" = ADMIN, for SystemOrProject;
        UpdateEndpoint "identity:update_endpoint" = ADMIN, for SystemOrProject;
        DeleteEndpoint "identity:delete_endpoint" = ADMIN, for SystemOrProject;
        ListRegions "identity:list_regions" = ANYONE;
        GetRegion "identity:get_region" = ANYONE;
        CreateRegion "identity:create_region" = ADMIN, for SystemOrProject;
        UpdateRegion "identity:update_region" = ADMIN, for SystemOrProject;
        DeleteRegion "identity:delete_region" = ADMIN, for SystemOrProject;

        // Delegation.
        CreateApplicationCredential "identity:create_application_credential" = "rule:owner", for Project;
        ListApplicationCredentials "identity:list_application_credentials" =
            OWNER_OR_READER, for SystemOrProject;
        GetApplicationCredential "identity:get_application_credential" =
            OWNER_OR_READER, for SystemOrProject;
        DeleteApplicationCredential "identity:delete_application_credential" =
            "rule:admin_or_owner", for SystemOrProject;
        CreateTrust "identity:create_trust" = "user_id:%(target.trust.trustor_user_id)s", for Project;

        // Limits.
        ListRegisteredLimits "identity:list_registered_limits" = ANYONE;
        ListLimits "identity:list_limits" = ANYONE;
        GetLimitModel "identity:get_limit_model" = ANYONE;
    }
}
