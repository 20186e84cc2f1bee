export { printErrors } from './errors.ts'
export { compileTemplate, type TemplateFault } from './fill.ts'
export { printFilters } from './filters.ts'
export {
  builtinOf,
  exampleData,
  papersOf,
  printKind,
  printKinds,
  registerPrintKind,
  said,
  type PrintData,
  type PrintField,
  type PrintKindDeclaration,
  type PrintRecord,
  type PrintRow,
} from './kinds.ts'
export { picturesToDraw } from './pictures.ts'
export {
  deletePicture,
  findPicture,
  holdPictures,
  insertPicture,
  isPictureUsed,
  pictureIdsOf,
  picturesFor,
  type PictureRow,
} from './pictures.repository.ts'
export {
  chooseTemplate,
  pdfFile,
  pdfFileOf,
  printedRecord,
  printer,
  printerOf,
  templateInForce,
  type Look,
  type TemplateInForce,
} from './print.ts'
export { addPdfRoute, lookOf } from './routes.ts'
export {
  insertTemplate,
  newestTemplates,
  versionsAt,
  type TemplateRow,
  type TemplateSlot,
} from './templates.repository.ts'
