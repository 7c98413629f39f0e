//! Tables of default rules, one enum for each API.

use crate::credentials::Scope;

/// A default rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// The name that policy files use.
    pub name: &'static str,
    /// The check that holds unless an operator replaces it.
    pub check: &'static str,
    /// The kinds of token that the rule is for.
    pub scopes: ScopeTypes,
    /// An older rule that this one took a part of: an override of the older one counts for this one
    /// too, unless this one is overridden by its own name.
    pub replaces: Option<&'static str>,
}

/// The kinds of token that a rule is for; others are refused whatever their roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeTypes {
    /// Any token.
    Any,
    /// Not a token scoped to a domain.
    SystemOrProject,
    /// Not a token scoped to a domain or the system.
    Project,
}

impl ScopeTypes {
    /// Whether a token of this scope may be used at all. An unscoped one counts as a project's.
    #[must_use]
    pub const fn admit(self, scope: &Scope) -> bool {
        match (self, scope) {
            (Self::Any, _) | (_, Scope::Project(_) | Scope::Unscoped) => true,
            (Self::SystemOrProject, Scope::System) => true,
            (Self::SystemOrProject | Self::Project, Scope::Domain(_) | Scope::System) => false,
        }
    }
}

/// An enum whose variants are the rules of one API.
pub trait RuleSet: Copy + 'static {
    /// The default rules, in the order of the variants.
    const DEFINITIONS: &'static [Definition];

    /// The position of this rule in [`RuleSet::DEFINITIONS`].
    fn index(self) -> usize;

    /// The default rule behind this variant.
    #[must_use]
    fn definition(self) -> &'static Definition {
        &Self::DEFINITIONS[self.index()]
    }

    /// The name that policy files use.
    #[must_use]
    fn name(self) -> &'static str {
        self.definition().name
    }
}

/// Declares an enum of rules. A line reads
/// `Variant "name" = CHECK, for SCOPES, instead of "older name";`, the last two where they apply.
macro_rules! rule_set {
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $rules:ident {
            $($variant:ident $name:literal = $check:expr
                $(, for $scopes:ident)? $(, instead of $older:literal)? ;)*
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u16)]
        $visibility enum $rules {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl $rules {
            /// Every rule, in the order of the table.
            $visibility const ALL: &'static [Self] = &[$(Self::$variant),*];
        }

        impl $crate::policy::RuleSet for $rules {
            const DEFINITIONS: &'static [$crate::policy::Definition] = &[
                $($crate::policy::Definition {
                    name: $name,
                    check: $check,
                    scopes: $crate::policy::table::rule_set!(@scopes $($scopes)?),
                    replaces: $crate::policy::table::rule_set!(@older $($older)?),
                },)*
            ];

            fn index(self) -> usize {
                self as usize
            }
        }
    };
    (@scopes) => { $crate::policy::ScopeTypes::Any };
    (@scopes $scopes:ident) => { $crate::policy::ScopeTypes::$scopes };
    (@older) => { None };
    (@older $older:literal) => { Some($older) };
}

pub(super) use rule_set;
