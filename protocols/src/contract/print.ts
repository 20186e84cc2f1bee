/**
 * Printed documents. A template is a list of blocks whose texts have placeholders; filled in with a record and laid out
 * once by the hub it becomes pages of lines and texts at fixed places, which are drawn into a PDF and onto the screen.
 */
import * as z from 'zod'

export const PrintPaper = z.enum(['a4', 'roll80'])
export type PrintPaper = z.infer<typeof PrintPaper>
export const PrintLanguage = z.enum(['zh', 'en'])
export type PrintLanguage = z.infer<typeof PrintLanguage>

const text = z.string().max(2_000)
const short = z.string().max(300)
/** Condition over the same values, `bill.estimated`; empty: always. */
const when = z.string().max(200).default('')
const Align = z.enum(['left', 'center', 'right'])
const Size = z.enum(['small', 'normal', 'large'])

export const TitleBlock = z.object({
  kind: z.literal('title'),
  text: short,
  note: short.default(''),
  align: Align.default('left'),
  when,
})
export const TextBlock = z.object({
  kind: z.literal('text'),
  text,
  size: Size.default('normal'),
  bold: z.boolean().default(false),
  align: Align.default('left'),
  when,
})
/** A sum that is seen first. */
export const AmountBlock = z.object({
  kind: z.literal('amount'),
  label: short,
  value: short,
  note: short.default(''),
  when,
})
export const FactsBlock = z.object({
  kind: z.literal('facts'),
  columns: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  items: z
    .array(z.object({ label: short, value: short }))
    .min(1)
    .max(24),
  when,
})
export const TableBlock = z.object({
  kind: z.literal('table'),
  /** List of the record; one row of the table for each of its entries, which texts call `row`. */
  list: z.string().max(60),
  columns: z
    .array(
      z.object({
        label: short,
        value: short,
        align: Align.default('left'),
        /** Part of the width, compared with the other columns. */
        share: z.number().int().min(1).max(20).default(1),
        /** Below the column, such as a sum. */
        foot: short.default(''),
      }),
    )
    .min(1)
    .max(10),
  size: Size.default('normal'),
  when,
})
export const LineBlock = z.object({ kind: z.literal('line'), when })
export const SpaceBlock = z.object({ kind: z.literal('space'), size: Size.default('normal'), when })
export const SignaturesBlock = z.object({
  kind: z.literal('signatures'),
  labels: z.array(short).min(1).max(4),
  when,
})

/** A company's logo, a seal. */
export const PictureBlock = z.object({
  kind: z.literal('picture'),
  /** One of the pictures kept for templates; empty: not chosen yet. */
  pictureId: z.string().max(60),
  /** Its height follows. */
  widthMm: z.number().int().min(5).max(180).default(35),
  align: Align.default('left'),
  /** Over what stands above it, without room of its own: a seal on a signature. */
  over: z.boolean().default(false),
  when,
})
/** A QR code. A text of more than 800 bytes makes none: no phone would read it. */
export const CodeBlock = z.object({
  kind: z.literal('code'),
  text: short,
  /** Beside or under it. */
  label: short.default(''),
  widthMm: z.number().int().min(15).max(60).default(25),
  align: Align.default('left'),
  when,
})

export const PrintBlock = z.discriminatedUnion('kind', [
  TitleBlock,
  TextBlock,
  AmountBlock,
  FactsBlock,
  TableBlock,
  LineBlock,
  SpaceBlock,
  SignaturesBlock,
  PictureBlock,
  CodeBlock,
])
export type PrintBlock = z.infer<typeof PrintBlock>

export const PrintContent = z.object({
  blocks: z.array(PrintBlock).min(1).max(60),
  /** At the foot of every page; pages count themselves. */
  footer: short.default(''),
  /** Pale and slanted behind everything; empty: none. */
  watermark: short.default(''),
})
export type PrintContent = z.infer<typeof PrintContent>

/** Lengths in points (1/72 inch), from the upper left corner. `y` of a text is its base line. */
export const PrintedText = z.object({
  x: z.number(),
  y: z.number(),
  text: z.string(),
  /** As wide as it is in the PDF, so that every screen shows it so. */
  width: z.number(),
  size: z.number(),
  bold: z.boolean(),
  tone: z.enum(['ink', 'pale']),
})
export type PrintedText = z.infer<typeof PrintedText>
export const PrintedRule = z.object({
  x1: z.number(),
  x2: z.number(),
  y: z.number(),
  weight: z.number(),
})
export type PrintedRule = z.infer<typeof PrintedRule>
export const PrintedPicture = z.object({
  x: z.number(),
  y: z.number(),
  width: z.number(),
  height: z.number(),
  /** `data:image/png;base64,…` */
  source: z.string(),
})
export type PrintedPicture = z.infer<typeof PrintedPicture>
export const PrintedCode = z.object({
  x: z.number(),
  y: z.number(),
  size: z.number(),
  /** Squares per side. */
  modules: z.number().int(),
  /** Of the dark squares, as SVG writes paths, a square being 1 long. */
  path: z.string(),
})
export type PrintedCode = z.infer<typeof PrintedCode>
export const PrintedPage = z.object({
  width: z.number(),
  height: z.number(),
  texts: z.array(PrintedText),
  rules: z.array(PrintedRule),
  pictures: z.array(PrintedPicture),
  codes: z.array(PrintedCode),
  watermark: z.object({ text: z.string(), width: z.number(), size: z.number() }).nullable(),
})
export type PrintedPage = z.infer<typeof PrintedPage>

export const PrintQuery = z.object({
  paper: PrintPaper.default('a4'),
  /** Default: that of the person who asks. */
  language: PrintLanguage.optional(),
})
export const PrintedDocument = z.object({
  title: z.string(),
  paper: PrintPaper,
  language: PrintLanguage,
  pages: z.array(PrintedPage),
})
export type PrintedDocument = z.infer<typeof PrintedDocument>
