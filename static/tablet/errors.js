// What a person can be told and do something about; everything else is a mistake of ours and goes to the console.

/** `code` chooses the words (words.js, `error.<code>`); `fields` are sentences beside fields. */
export class Refused extends Error {
  constructor(code, { message = "", fields = {}, params = {}, status = 0, after = 0 } = {}) {
    super(message || code);
    this.name = "Refused";
    Object.assign(this, { code, fields, params, status, after, told: message });
  }
}
