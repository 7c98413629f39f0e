//! Sharing an image with other projects.

use model::{Image, ImageId, ImageMember, ImageVisibility, MemberStatus, ProjectId};
use store::{Conn, StoreError};

use super::record::over_limit;
use super::{Caller, Denied, Images, is_member, seen};

/// Finds an image that has members, and asks `may` about it: whether it is shared with `about`.
fn shared(conn: &Conn<'_>, caller: &Caller, id: ImageId) -> Result<Image, Denied> {
    let image = seen(conn, caller, id).map_err(|denied| match denied {
        Denied::NotFound(_) => Denied::NotFound(format!("Image {id} not found.")),
        other => other,
    })?;
    if image.visibility == ImageVisibility::Shared {
        return Ok(image);
    }
    Err(Denied::Forbidden("Only shared images have members.".to_owned()))
}

fn no_member(image: ImageId, member: &ProjectId) -> Denied {
    Denied::NotFound(format!("{member} not found in the member list of the image {image}."))
}

/// Shares an image with a project.
///
/// # Errors
/// It is shared with it already, or with too many.
pub async fn add(
    images: &Images,
    caller: &Caller,
    id: ImageId,
    member: ProjectId,
) -> Result<ImageMember, Denied> {
    let (caller, maximum) = (caller.clone(), images.limits.members);
    images
        .desk
        .store
        .write(move |conn| {
            let image = shared(conn, &caller, id)?;
            (caller.may)(&image, is_member(conn, &caller, &image)?)?;
            let attempted = store::images::members(conn, id)?.len() + 1;
            if usize::try_from(maximum).is_ok_and(|maximum| attempted > maximum) {
                return Err(over_limit("members", attempted, maximum));
            }
            match store::images::add_member(conn, id, &member) {
                Err(StoreError::Duplicate(_)) => {
                    Err(Denied::Conflict(format!("Member {member} is duplicated for image {id}")))
                }
                done => Ok(done?),
            }
        })
        .await
}

/// The members of an image: all for its owner, only the caller's project for others.
///
/// # Errors
/// There is no such image.
pub async fn list(images: &Images, caller: &Caller, id: ImageId) -> Result<Vec<ImageMember>, Denied> {
    let caller = caller.clone();
    let read = images.desk.store.read(move |conn| {
        let image = shared(conn, &caller, id)?;
        (caller.may)(&image, is_member(conn, &caller, &image)?)?;
        let mut members = store::images::members(conn, id)?;
        if !caller.is_admin && caller.project != image.owner {
            members.retain(|found| Some(&found.member) == caller.project.as_ref());
        }
        Ok(members)
    });
    read.await
}

/// One member of an image.
///
/// # Errors
/// There is no such image or member.
pub async fn show(
    images: &Images,
    caller: &Caller,
    id: ImageId,
    member: ProjectId,
) -> Result<ImageMember, Denied> {
    let members = list(images, caller, id).await?;
    members.into_iter().find(|found| found.member == member).ok_or_else(|| no_member(id, &member))
}

/// Says what a project says to an image.
///
/// # Errors
/// There is no such member, or the caller does not speak for it.
pub async fn answer(
    images: &Images,
    caller: &Caller,
    id: ImageId,
    member: ProjectId,
    status: MemberStatus,
) -> Result<ImageMember, Denied> {
    let caller = caller.clone();
    let written = images.desk.store.write(move |conn| {
        let image = shared(conn, &caller, id)?;
        if store::images::member(conn, id, &member)?.is_none() {
            return Err(no_member(id, &member));
        }
        (caller.may)(&image, caller.project.as_ref() == Some(&member))?;
        store::images::set_member_status(conn, id, &member, status)?;
        store::images::member(conn, id, &member)?.ok_or_else(|| no_member(id, &member))
    });
    written.await
}

/// Ends the sharing with a project.
///
/// # Errors
/// There is no such member.
pub async fn remove(images: &Images, caller: &Caller, id: ImageId, member: ProjectId) -> Result<(), Denied> {
    let caller = caller.clone();
    let written = images.desk.store.write(move |conn| {
        let image = shared(conn, &caller, id)?;
        (caller.may)(&image, is_member(conn, &caller, &image)?)?;
        match store::images::remove_member(conn, id, &member)? {
            true => Ok(()),
            false => Err(no_member(id, &member)),
        }
    });
    written.await
}
