//! The rules of the Image API with the defaults of Glance 33 (`enforce_new_defaults`).
//!
//! Targets: `project_id` and `owner` are the owner of the image or namespace, `visibility` is who sees it, `member_id` is
//! the caller's project where the image is shared with it.

use super::table::rule_set;

const ANYONE: &str = "";
const ADMIN: &str = "rule:context_is_admin";
const METADEF_ADMIN: &str = "rule:metadef_admin";
const MEMBER: &str = "rule:context_is_admin or (role:member and project_id:%(project_id)s)";
const READER: &str = "rule:context_is_admin or (role:reader and project_id:%(project_id)s)";
const MEMBER_WHO_SEES: &str = "rule:context_is_admin or (role:member and (project_id:%(project_id)s \
     or project_id:%(member_id)s or 'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s))";
const READER_WHO_SEES: &str = "rule:context_is_admin or (role:reader and (project_id:%(project_id)s \
     or project_id:%(member_id)s or 'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s))";
const READER_OR_SHARED_WITH: &str = "rule:context_is_admin \
     or (role:reader and (project_id:%(project_id)s or project_id:%(member_id)s))";
const NAMESPACE_READER: &str = "rule:context_is_admin \
     or (role:reader and (project_id:%(project_id)s or 'public':%(visibility)s))";

rule_set! {
    /// A rule of the Image API. A variant is the rule's name in camel case.
    pub enum ImageRule {
        // Base rules: what the others, and operators, refer to.
        Default "default" = ANYONE;
        ContextIsAdmin "context_is_admin" = "role:admin";
        ServiceApi "service_api" = "role:service or role:admin";

        // Images.
        AddImage "add_image" = "rule:context_is_admin \
             or (role:member and project_id:%(project_id)s and project_id:%(owner)s)";
        DeleteImage "delete_image" = MEMBER;
        GetImage "get_image" = READER_WHO_SEES;
        GetImages "get_images" = READER;
        ModifyImage "modify_image" = MEMBER;
        PublicizeImage "publicize_image" = ADMIN;
        CommunitizeImage "communitize_image" = MEMBER;
        DownloadImage "download_image" = MEMBER_WHO_SEES;
        DownloadFromStore "download_from_store" = MEMBER_WHO_SEES;
        UploadImage "upload_image" = MEMBER;
        DeleteImageLocation "delete_image_location" = ADMIN;
        GetImageLocation "get_image_location" = READER;
        SetImageLocation "set_image_location" = MEMBER;
        AddImageLocation "add_image_location" = "rule:service_api \
             or (role:member and project_id:%(project_id)s and project_id:%(owner)s)";
        FetchImageLocation "fetch_image_location" = "rule:service_api";
        AddMember "add_member" = MEMBER;
        DeleteMember "delete_member" = MEMBER;
        GetMember "get_member" = READER_OR_SHARED_WITH;
        GetMembers "get_members" = READER_OR_SHARED_WITH;
        ModifyMember "modify_member" = "rule:context_is_admin or (role:member and project_id:%(member_id)s)";
        ManageImageCache "manage_image_cache" = ADMIN;
        Deactivate "deactivate" = MEMBER;
        Reactivate "reactivate" = MEMBER;
        CopyImage "copy_image" = ADMIN;

        // The cache.
        CacheImage "cache_image" = ADMIN, instead of "manage_image_cache";
        CacheList "cache_list" = ADMIN, instead of "manage_image_cache";
        CacheDelete "cache_delete" = ADMIN, instead of "manage_image_cache";
        CacheClean "cache_clean" = ADMIN;
        CachePrune "cache_prune" = ADMIN;
        ListCachedNodes "list_cached_nodes" = ADMIN;

        // Tasks and discovery.
        GetTask "get_task" = ANYONE;
        GetTasks "get_tasks" = ANYONE;
        AddTask "add_task" = ANYONE;
        TasksApiAccess "tasks_api_access" = ADMIN;
        StoresInfoDetail "stores_info_detail" = "rule:context_is_admin or rule:service_api";

        // Definitions of metadata.
        MetadefDefault "metadef_default" = ANYONE;
        MetadefAdmin "metadef_admin" = ADMIN;
        GetMetadefNamespace "get_metadef_namespace" = NAMESPACE_READER;
        GetMetadefNamespaces "get_metadef_namespaces" = READER;
        ModifyMetadefNamespace "modify_metadef_namespace" = METADEF_ADMIN;
        AddMetadefNamespace "add_metadef_namespace" = METADEF_ADMIN;
        DeleteMetadefNamespace "delete_metadef_namespace" = METADEF_ADMIN;
        GetMetadefObject "get_metadef_object" = NAMESPACE_READER;
        GetMetadefObjects "get_metadef_objects" = NAMESPACE_READER;
        ModifyMetadefObject "modify_metadef_object" = METADEF_ADMIN;
        AddMetadefObject "add_metadef_object" = METADEF_ADMIN;
        DeleteMetadefObject "delete_metadef_object" = METADEF_ADMIN;
        ListMetadefResourceTypes "list_metadef_resource_types" = NAMESPACE_READER;
        GetMetadefResourceType "get_metadef_resource_type" = NAMESPACE_READER;
        AddMetadefResourceTypeAssociation "add_metadef_resource_type_association" = METADEF_ADMIN;
        RemoveMetadefResourceTypeAssociation "remove_metadef_resource_type_association" = METADEF_ADMIN;
        GetMetadefProperty "get_metadef_property" = NAMESPACE_READER;
        GetMetadefProperties "get_metadef_properties" = NAMESPACE_READER;
        ModifyMetadefProperty "modify_metadef_property" = METADEF_ADMIN;
        AddMetadefProperty "add_metadef_property" = METADEF_ADMIN;
        RemoveMetadefProperty "remove_metadef_property" = METADEF_ADMIN;
        GetMetadefTag "get_metadef_tag" = NAMESPACE_READER;
        GetMetadefTags "get_metadef_tags" = NAMESPACE_READER;
        ModifyMetadefTag "modify_metadef_tag" = METADEF_ADMIN;
        AddMetadefTag "add_metadef_tag" = METADEF_ADMIN;
        AddMetadefTags "add_metadef_tags" = METADEF_ADMIN;
        DeleteMetadefTag "delete_metadef_tag" = METADEF_ADMIN;
        DeleteMetadefTags "delete_metadef_tags" = METADEF_ADMIN;
    }
}
