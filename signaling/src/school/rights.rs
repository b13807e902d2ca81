//! Who may make which call: one table, caller × call, denying by default.
//!
//! Invariant: a call exists only as a row of this table, and [`super::caller::May`] is the only way
//! into its handler; so a call nobody has written down who may make does not compile.

use homeroom_protocol::school::Scope;

/// The table's answer for a person of some kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Never.
    No,
    /// Always.
    Yes,
    /// Those who give the lessons of the class.
    Gives,
    /// Those who give its lessons or help to.
    Helps,
    /// Its whole staff.
    Looks,
    /// Its staff, and who is on its roster.
    Attends,
    /// Its staff, and a student about themselves.
    Own,
}

/// The table's answer for a tool of the school.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Never.
    No,
    /// As everybody.
    Yes,
    /// With this scope.
    With(Scope),
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path below `/api/v1`.
    pub path: &'static str,
    /// Without a token.
    pub anyone: bool,
    /// A student who is logged in.
    pub student: Rule,
    /// An observer.
    pub observer: Rule,
    /// A teacher.
    pub teacher: Rule,
    /// An administrator.
    pub admin: Rule,
    /// A tool.
    pub tool: Grant,
}

macro_rules! grant {
    (No) => {
        Grant::No
    };
    (Yes) => {
        Grant::Yes
    };
    ($scope:ident) => {
        Grant::With(Scope::$scope)
    };
}

macro_rules! calls {
    ($($name:ident $method:ident $path:literal: $anyone:literal $student:ident $observer:ident
        $teacher:ident $admin:ident $tool:ident;)*) => {
        /// Every call of `/api/v1`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the table says what each is")]
        pub enum Call {
            $($name,)*
        }

        impl Call {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Who may make it.
            #[must_use]
            pub const fn row(self) -> Row {
                match self {
                    $(Self::$name => Row {
                        method: stringify!($method),
                        path: $path,
                        anyone: $anyone,
                        student: Rule::$student,
                        observer: Rule::$observer,
                        teacher: Rule::$teacher,
                        admin: Rule::$admin,
                        tool: grant!($tool),
                    },)*
                }
            }
        }

        /// The calls as types, for the handlers' signatures.
        #[allow(missing_docs, reason = "the table says what each is")]
        pub mod call {
            $(
                #[derive(Debug)]
                pub struct $name;
                impl super::Named for $name {
                    const CALL: super::Call = super::Call::$name;
                }
            )*
        }
    };
}

/// A call as a type.
pub trait Named {
    /// Which.
    const CALL: Call;
}

calls! {
    // Call            Method  Path: anyone, student, observer, teacher, admin, tool
    SchoolInfo         GET     "/school": true Yes Yes Yes Yes Yes;
    LookAtInvitation   POST    "/invitations/look": true Yes Yes Yes Yes Yes;
    AcceptInvitation   POST    "/invitations/accept": true Yes Yes Yes Yes Yes;
    LogIn              POST    "/login": true Yes Yes Yes Yes Yes;
    ExchangeLink       POST    "/links/exchange": true Yes Yes Yes Yes Yes;
    Me                 GET     "/me": false Yes Yes Yes Yes No;
    RenewLogin         POST    "/login/renew": false Yes Yes Yes Yes No;
    LogOut             DELETE  "/login": false Yes Yes Yes Yes No;
    ChangePassword     POST    "/password": false No Yes Yes Yes No;
    ListPeople         GET     "/people": false No No No Yes PeopleRead;
    AddPerson          POST    "/people": false No No No Yes PeopleWrite;
    GetPerson          GET     "/people/{person}": false No No No Yes PeopleRead;
    ChangePerson       PATCH   "/people/{person}": false No No No Yes PeopleWrite;
    InviteNew          POST    "/invitations": false No No No Yes No;
    InviteAgain        POST    "/people/{person}/invitation": false No No No Yes No;
    MakePersonalLink   POST    "/people/{person}/link": false No No No Yes No;
    ListClasses        GET     "/classes": false No Yes Yes Yes ClassesRead;
    AddClass           POST    "/classes": false No No Yes Yes ClassesWrite;
    GetClass           GET     "/classes/{class}": false No Looks Looks Yes ClassesRead;
    ChangeClass        PATCH   "/classes/{class}": false No No Gives Yes ClassesWrite;
    SetStaff           PUT     "/classes/{class}/staff/{person}": false No No Gives Yes ClassesWrite;
    RemoveStaff        DELETE  "/classes/{class}/staff/{person}": false No No Gives Yes ClassesWrite;
    GetRoster          GET     "/classes/{class}/roster": false No Looks Looks Yes ClassesRead;
    PasteRoster        POST    "/classes/{class}/roster": false No No Gives Yes ClassesWrite;
    RemoveStudent      DELETE  "/classes/{class}/roster/{person}": false No No Gives Yes ClassesWrite;
    MakeLinks          POST    "/classes/{class}/links": false No No Gives Yes No;
    StartLesson        POST    "/classes/{class}/lessons": false No No Gives Yes No;
    ListLessons        GET     "/classes/{class}/lessons": false No Looks Looks Yes LessonsRead;
    ClassRolls         GET     "/classes/{class}/rolls": false No Looks Looks Yes RollsExport;
    StudentRolls       GET     "/classes/{class}/students/{person}/rolls": false Own Looks Looks Yes RollsRead;
    Ticket             POST    "/lessons/{code}/ticket": false Attends Attends Attends Yes No;
    LessonRoll         GET     "/lessons/{code}/roll": false No Looks Looks Yes RollsRead;
    ChangeRoll POST "/lessons/{code}/roll": false No No Helps Yes No;
    RollCsv            GET     "/lessons/{code}/roll.csv": false No Looks Looks Yes RollsExport;
    RollXlsx           GET     "/lessons/{code}/roll.xlsx": false No Looks Looks Yes RollsExport;
    RollJson           GET     "/lessons/{code}/roll.json": false No Looks Looks Yes RollsExport;
    GetSettings        GET     "/settings": false No No No Yes No;
    PutSettings        PUT     "/settings": false No No No Yes No;
    ListApiTokens      GET     "/api-tokens": false No No No Yes No;
    AddApiToken        POST    "/api-tokens": false No No No Yes No;
    EndApiToken        DELETE  "/api-tokens/{token}": false No No No Yes No;
    Audit              GET     "/audit": false No No No Yes AuditRead;
    VerifyAudit        GET     "/audit/verification": false No No No Yes AuditRead;
}
