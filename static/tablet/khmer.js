// Khmer text. Signatures first.
export const latinDigits = (text) => String(text).replace(/[០-៩]/g, (digit) => digit.charCodeAt(0) - 0x17e0);
export const normalise = (text) => latinDigits(text).normalize("NFC").replace(/\s+/g, " ").trim();
export const hasKhmer = (text) => /[\u1780-\u17ff\u19e0-\u19ff]/.test(text);
