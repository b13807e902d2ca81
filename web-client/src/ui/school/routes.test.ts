/**
 * Every address that the pages link to is one they read, and so is every link the server makes.
 */
import { expect, test } from "vitest";
import { invitation_body, personal_link_body } from "../../school-fixtures";
import {
  classPath,
  HOME,
  invitationIn,
  linksPath,
  officePage,
  officePath,
  personalLinkIn,
  rollPath,
  studentPath,
} from "./routes";

const ID = 77120394857613;

test.each([
  [HOME, { at: "classes" }],
  [`${HOME}/`, { at: "classes" }],
  [officePath("people"), { at: "people" }],
  [officePath("account"), { at: "account" }],
  [classPath(ID), { at: "class", id: ID, tab: "students" }],
  [classPath(ID, "lessons"), { at: "class", id: ID, tab: "lessons" }],
  [classPath(ID, "staff"), { at: "class", id: ID, tab: "staff" }],
  [linksPath(ID), { at: "links", id: ID }],
  [studentPath(ID, 41), { at: "student", id: ID, person: 41 }],
  [rollPath(ID, "k7m-3xh-rp2"), { at: "roll", id: ID, code: "k7m-3xh-rp2" }],
])("%s", (path, page) => {
  expect(officePage(path)).toEqual(page);
});

test.each([
  "/school/nothing",
  "/school/people/7",
  "/school/class",
  "/school/class/7A",
  "/school/class/-1",
  "/school/class/9007199254740993",
  "/school/class/7/what",
  "/school/class/7/student/x",
  "/school/class/7/roll/abc",
  "/school/class/7/student/1/2",
])("nothing is at %s", (path) => {
  expect(officePage(path)).toEqual({ at: "nowhere" });
});

test("an invitation and a personal link are told apart", () => {
  const { hash: invitation } = new URL(invitation_body.url);
  const { hash: personal } = new URL(personal_link_body.url);
  expect(invitationIn(invitation)).toBe("9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a90");
  expect(personalLinkIn(personal)).toBe("9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a90");
  expect(personalLinkIn(invitation)).toBeNull();
  expect(invitationIn(personal)).toBeNull();
  expect([invitationIn(""), personalLinkIn(""), personalLinkIn("#top")]).toEqual([
    null,
    null,
    null,
  ]);
});
