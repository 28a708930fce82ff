// Patient numbers and receipts. Signatures first.
/** The next patient number "SA-012345-C" as it will be drawn by save(); null when the block is used up. */
export const nextPatientNumber = () => null;
/** The next receipt "T07-000123". */
export const nextReceipt = () => null;
