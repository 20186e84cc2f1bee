/** A file that cannot be read as a table; the message is for people who know their spreadsheet program. */
export class SheetFault extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SheetFault'
  }
}
