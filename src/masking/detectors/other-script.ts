// Names in Greek, Cyrillic, Hebrew, Arabic, Chinese, Japanese and Korean, behind the label that says whose they are. Without one
// nothing tells them from other words.

import { type About, type Find, matches } from './detector.ts';

const latinLabels =
  '(?:[Pp]atient(?:in|e)?(?: [Nn]ame)?|PATIENT(?: NAME)?|[Nn]ames?|NAME|[Ss]urname|[Cc]lient|[Mm]other|[Ff]ather|[Ss]pouse|[Dd]octor)';
const otherLabels =
  '(?:Пациент(?:ка)?|Больн(?:ой|ая)|Ф\\.?И\\.?О\\.?|Имя|Фамилия|Врач|Ασθενής|Ασθενησ|Όνομα|Ονοματεπώνυμο|Επώνυμο|המטופלת?|שם(?: מלא)?|שם המטופל|المريضة?|الاسم|اسم المريض|患者(?:氏名|姓名|名)|氏名|姓名|お名前|医師|医生|환자명|성명|이름)';
/** Two or three words with capitals; beside Latin letters those that look alike have become Latin. */
const cased = '[A-Za-z\\u0370-\\u04ff]{2,24}(?:[ -][A-Za-z\\u0370-\\u04ff.]{1,24}){1,2}';
const uncased = '[\\u05d0-\\u05ea\\u0620-\\u064a]{2,20}(?: [\\u05d0-\\u05ea\\u0620-\\u064a]{2,20}){1,3}';
const eastern =
  '(?:[\\u4e00-\\u9fff]{1,4}[ ·]?[\\u4e00-\\u9fff]{1,4}|[\\u30a0-\\u30ff]{2,10}[ ・=]?[\\u30a0-\\u30ff]{1,10}|[\\uac00-\\ud7a3]{2,5})';
const ends = '(?=\\s*(?:[,;.、。，()（）:\\n]|$|\\d|様|さん|氏|님|씨))';
/** Behind the word for a patient findings stand as often. */
const easternPatient = '(?:患者|환자)';
const easternEnds = '(?=\\s*(?:[(（\\n]|$|様|さん|氏|님|씨|[、,，]? ?(?:\\d|[男女])))';
const labelled = new RegExp(
  `(?:\\b${latinLabels}|${otherLabels})\\s?[:：=]\\s{0,3}(${cased}|${uncased}${ends}|${eastern}${ends})|${otherLabels} (${cased}|${uncased}(?=[,،;(]))|${easternPatient}\\s?[:：]\\s{0,3}(${eastern})${easternEnds}`,
  'gu',
);

export function mayHaveOtherScript(text: string): boolean {
  return /[\u0370-\u06ff\u3040-\ud7ff]/.test(text);
}

export const findOtherScript: Find = (text, emit) => {
  for (const { 0: whole, 1: behindSign, 2: behindBlank, 3: behindPatient, index } of matches(text, labelled)) {
    const name = behindSign ?? behindBlank ?? behindPatient ?? '';
    // Of words that begin small no name is made.
    const isCased = /[A-Za-z\u0370-\u04ff]/.test(name);
    const isName = /[\u0370-\u04ff]/.test(name) && name.split(/[ -]/).every((word) => /^\p{Lu}/u.test(word));
    if (isCased && !isName) continue;
    emit(index + whole.length - name.length, index + whole.length, 'name');
  }
};

export const aboutOtherScript: About = {
  shapes: {
    name: [
      'Patient: «Γιώργος Παπαδόπουλος», 61',
      'Пациент: «Иванов Иван Иванович»',
      'המטופל «דוד כהן», נבדק',
      '患者氏名：«山田太郎»、入院',
      '환자: «김민수» (남)',
    ],
  },
  checks: 'Greek and Cyrillic: two or three words, each with a capital. Other scripts: as many signs as names have.',
  context:
    'The label before it, with its colon; in Cyrillic, Greek, Hebrew and Arabic a label of that language without one.',
  misses: ['«山田太郎» は入院した'],
};
