//! Names that other people's files give to columns, in English and Arabic.
//!
//! Written as [`normal`] makes them: small letters without spaces and signs, and of the
//! spellings of an Arabic letter the plainest. These are the words of the files we read.

use super::Column;

/// A column's name as it is looked up.
pub(super) fn normal(name: &str) -> String {
    let plain = |c: char| match c {
        'أ' | 'إ' | 'آ' | 'ٱ' => Some('ا'),
        'ة' => Some('ه'),
        'ى' => Some('ي'),
        // Tatweel and vowel signs.
        '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' => None,
        c => c.is_alphanumeric().then_some(c),
    };
    name.chars().flat_map(char::to_lowercase).filter_map(plain).collect()
}

/// The field that a column of this name fills.
pub(super) fn look_up(normal_name: &str) -> Option<Column> {
    NAMES.iter().find(|(_, names)| names.contains(&normal_name)).map(|(column, _)| *column)
}

/// Names that stand for a text or for a count; the cells decide.
pub(super) const TEXT_OR_COUNT: &[&str] =
    &["tweets", "posts", "statuses", "messages", "التغريدات", "المنشورات", "تغريدات", "منشورات"];

const NAMES: &[(Column, &[&str])] = &[
    (Column::At, AT),
    (Column::Id, &["eventid", "معرفالحدث"]),
    (Column::Account, ACCOUNT),
    (Column::Handle, HANDLE),
    (Column::Name, NAME),
    (Column::Bio, BIO),
    (Column::Location, LOCATION),
    (Column::ProfileLinks, &["website", "profileurl", "profilelinks", "userprofileurl", "userurl"]),
    (Column::AccountCreatedAt, ACCOUNT_CREATED_AT),
    (Column::Followers, FOLLOWERS),
    (Column::Following, FOLLOWING),
    (Column::Posts, POSTS),
    (Column::PostId, POST_ID),
    (Column::Text, TEXT),
    (Column::Language, &["language", "lang", "tweetlanguage", "postlanguage", "اللغه", "لغه"]),
    (Column::Tags, TAGS),
    (Column::Links, &["urls", "url", "links", "link", "expandedurls", "الروابط", "رابط", "الرابط"]),
    (Column::Mentions, &["mentions", "usermentions", "mentionedusers", "الاشارات", "المنشنات"]),
    (Column::ReplyTo, REPLY_TO),
    (Column::QuoteOf, &["quoteof", "quotedtweetid", "quotedstatusid", "quotedid", "اقتباسمن"]),
    (Column::Client, &["client", "source", "tweetclientname", "app", "application", "device"]),
    (Column::Target, TARGET),
    (Column::Kind, &["engagement", "engagementtype", "engagementkind", "kind", "نوعالتفاعل"]),
    (Column::Of, &["followid", "likeid", "repostid", "engagementid"]),
    (Column::Count, &["count", "number", "العدد"]),
    (Column::Status, &["status", "accountstatus", "suspensionstatus", "الحاله"]),
    (Column::Reason, &["reason", "suspensionreason", "removalreason", "السبب"]),
    (Column::Policy, &["policy", "policyname", "السياسه"]),
];

const AT: &[&str] = &[
    "at",
    "time",
    "timestamp",
    "date",
    "datetime",
    "dateandtime",
    "createdat",
    "created",
    "postedat",
    "posted",
    "publishedat",
    "published",
    "publishdate",
    "tweettime",
    "tweetdate",
    "posttime",
    "postdate",
    "timeutc",
    "dateutc",
    "utctime",
    "eventtime",
    "unixtime",
    "createdutc",
    "tweetcreatedat",
    "postcreatedat",
    "followedat",
    "suspendedat",
    "removedat",
    "التاريخ",
    "الوقت",
    "تاريخ",
    "وقت",
    "تاريخالنشر",
    "وقتالنشر",
    "التاريخوالوقت",
    "تاريخالتغريده",
    "تاريخالمنشور",
    "زمن",
    "الزمن",
];

const ACCOUNT: &[&str] = &[
    "accountid",
    "authorid",
    "userid",
    "useridstr",
    "uid",
    "fromid",
    "ownerid",
    "channelid",
    "profileid",
    "actorid",
    "did",
    "followerid",
    "معرفالحساب",
    "رقمالحساب",
];

const HANDLE: &[&str] = &[
    "username",
    "screenname",
    "handle",
    "userscreenname",
    "authorhandle",
    "author",
    "authorusername",
    "account",
    "accountname",
    "accounthandle",
    "twitterhandle",
    "login",
    "nick",
    "nickname",
    "user",
    "follower",
    "اسمالمستخدم",
    "المستخدم",
    "المعرف",
    "معرف",
    "الحساب",
    "اليوزر",
];

const NAME: &[&str] = &[
    "name",
    "displayname",
    "fullname",
    "realname",
    "authorname",
    "userdisplayname",
    "authordisplayname",
    "الاسم",
    "اسم",
    "اسمالعرض",
    "الاسمالكامل",
];

const BIO: &[&str] = &[
    "description",
    "bio",
    "biography",
    "about",
    "aboutme",
    "userdescription",
    "profiledescription",
    "authordescription",
    "userprofiledescription",
    "النبذه",
    "نبذه",
    "الوصف",
    "وصف",
    "السيره",
    "التعريف",
    "نبذهتعريفيه",
];

const LOCATION: &[&str] = &[
    "location",
    "userlocation",
    "userreportedlocation",
    "authorlocation",
    "country",
    "city",
    "الموقع",
    "المكان",
    "البلد",
    "المدينه",
    "الدوله",
    "الموقعالجغرافي",
];

const ACCOUNT_CREATED_AT: &[&str] = &[
    "accountcreatedat",
    "accountcreated",
    "accountcreationdate",
    "usercreatedat",
    "authorcreatedat",
    "joined",
    "joinedat",
    "joindate",
    "registered",
    "registeredat",
    "تاريخالانضمام",
    "تاريخانشاءالحساب",
    "تاريخالتسجيل",
];

const FOLLOWERS: &[&str] = &[
    "followers",
    "followerscount",
    "followercount",
    "numberfollowers",
    "numberoffollowers",
    "numfollowers",
    "userfollowers",
    "userfollowerscount",
    "authorfollowers",
    "المتابعون",
    "المتابعين",
    "متابعون",
    "متابعين",
    "عددالمتابعين",
];

const FOLLOWING: &[&str] = &[
    "following",
    "followingcount",
    "friends",
    "friendscount",
    "numberfriends",
    "numberfollowing",
    "numfollowing",
    "userfriendscount",
    "يتابع",
    "عددمنيتابعهم",
    "يتابعهم",
];

const POSTS: &[&str] = &[
    "numberstatuses",
    "statusescount",
    "statuscount",
    "numstatuses",
    "numberofstatuses",
    "tweetcount",
    "tweetscount",
    "numtweets",
    "numberoftweets",
    "totaltweets",
    "postcount",
    "postscount",
    "numberposts",
    "numberofposts",
    "userstatusescount",
    "عددالتغريدات",
    "عددالمنشورات",
];

const POST_ID: &[&str] = &[
    "id",
    "idstr",
    "tweetid",
    "postid",
    "post",
    "statusid",
    "messageid",
    "معرفالتغريده",
    "معرفالمنشور",
    "رقمالتغريده",
];

const TEXT: &[&str] = &[
    "text",
    "tweet",
    "tweettext",
    "posttext",
    "content",
    "body",
    "message",
    "fulltext",
    "caption",
    "tweetcontent",
    "postcontent",
    "comment",
    "النص",
    "نص",
    "التغريده",
    "تغريده",
    "المنشور",
    "منشور",
    "المحتوي",
    "محتوي",
    "نصالتغريده",
    "نصالمنشور",
    "الرساله",
    "التعليق",
];

const TAGS: &[&str] = &[
    "hashtags",
    "hashtag",
    "tags",
    "tag",
    "الوسوم",
    "وسوم",
    "الوسم",
    "الهاشتاقات",
    "الهاشتاجات",
    "هاشتاق",
    "هاشتاغ",
    "هاشتاج",
];

const REPLY_TO: &[&str] = &[
    "replyto",
    "replytoid",
    "inreplyto",
    "inreplytoid",
    "inreplytotweetid",
    "inreplytostatusid",
    "inreplytostatusidstr",
    "parentid",
    "ردعلي",
];

const TARGET: &[&str] = &["target", "targetid", "followed", "followedid", "followee", "followeeid"];
