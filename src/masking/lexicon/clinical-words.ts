// The words by which a text shows that it is clinical, and the shapes of words that only medicine makes. Written from general
// knowledge; lower case, ASCII.

const words =
  `abdomen abdominal ablation abscess acetaminophen acute adherence adjuvant afebrile airway albumin albuterol allergies allergy amputation analgesia
anemia anesthesia aneurysm angina angioplasty antibiotic antibiotics anticoagulant anticoagulation anticoagulated antidepressant antihypertensive apnea arrhythmia
artery arthritis arthroplasty aspirin asthma asthmatic asymptomatic atrial atypical auscultation autoimmune axillary bacteremia benign benzodiazepine bicarbonate bilateral bilirubin
biopsy bipolar bladder bleeding blood bmi bolus bowel bp bpm brachial bradycardia bronchitis bun bypass calcium cancer cancerous carcinoma cardiac cardiology cardiomyopathy
carotid catheter cellulitis cervical chemo chemotherapy chest cholesterol chronic cirrhosis clinical clinically clinician coagulation colitis colon colonoscopy coma
comorbid comorbidities comorbidity complaint complication complications compression congestive conjunctivitis contraindicated contraindication contraindications coronary cough covid
creatinine crp ct culture cyst cystic deficiency dehydration delirium dementia depression depressive dermatitis diabetes diabetic diabetics diagnose diagnosed diagnoses diagnosis diagnostic dialysis diarrhea
diastolic diet disease disorder distension diuretic diuretics dizziness dosage dosages dose doses dosing drug drugs dvt dysfunction dyslipidemia dysphagia dyspnea ecg echo echocardiogram
eclampsia eczema edema ekg embolism endocrine endoscopy enzyme epilepsy epileptic esophageal estrogen exacerbation exam examination fatigue febrile fetal fever fibrillation fibrosis
flu fracture fractures gait gastric gastritis gastroenteritis gastrointestinal genetic gestational gfr glaucoma glucose gout graft gravida gynecology hba1c headache headaches heart hematoma
hematology hemodialysis hemoglobin hemorrhage heparin hepatic hepatitis hernia hiv hormone hospice hospitalization hospitalized hyperlipidemia hypertension hypertensive hyperthyroidism hypoglycemia
hypotension hypothyroidism hypoxia ibuprofen icu illness imaging immunization immunotherapy impairment infarction infection infections infectious inflammation inflammatory influenza infusion inhaler
inpatient inr insomnia insulin intestinal intravenous intubated intubation iron ischemia ischemic iv jaundice joint kidney knee labs laceration laparoscopic leukemia lesion lesions leukocytosis
lipid liver lumbar lung lungs lupus lymph lymphoma malignancy malignant medication medications melanoma meningitis menopausal menopause metabolic metastasis metastatic metformin mg migraine migraines
mitral mri murmur muscle myeloma myocardial nausea nebulizer neonatal nephrology nephropathy neurologic neurological neurology neuropathic neuropathy nodule nodules nsaid nsaids nutrition obese obesity
obstetric obstructive occlusion oncology opioid opioids oral orthopedic osteoarthritis osteoporosis outpatient ovarian oxygen pacemaker pain palliative palpitations pancreatic pancreatitis paralysis
parenteral pathology patient patients pediatric pelvic penicillin perfusion peripheral physician physicians placebo plasma platelet platelets pleural pneumonia pneumothorax polyps postoperative postpartum potassium
preeclampsia pregnancy pregnant prenatal prescribe prescribed prescribing prescription prescriptions primigravida prognosis prophylaxis prostate protein proteinuria psoriasis psychiatric psychosis pt pulmonary
radiation radiograph radiology rash rectal reflux regimen rehab rehabilitation remission renal respiratory resuscitation rheumatoid rheumatology sarcoidosis schizophrenia sciatica screening sedation seizure seizures sepsis
septic serum shortness sleep sodium specimen spinal spleen splint statin statins stenosis stent steroid steroids stool stroke suicidal supplementation surgeries surgery surgical symptom symptomatic symptoms syncope
syndrome systolic tachycardia tbi therapeutic therapies therapy throat thoracic thrombosis thyroid tomography toxicity transfusion transplant transplantation trauma treatment treatments treat treating tremor triage trial trials tsh tuberculosis tumor
tumors ulcer ulcers ultrasound urinalysis urinary urine uti uterine vaccination vaccine vaccines vaginal valve vascular vein venous ventricular vertigo viral virus vitals vitamin vomiting warfarin wbc
wheezing wound wounds xray antigen antibody assay assays capillary circumference corpuscular cytopathology erythrocyte erythrocytes filtration finding glomerular hematocrit
leukocyte leukocytes loinc apgar cpt cvx doi drg egfr gcs hcpcs hdl hgb icd ldl lvedd lvef mcg meld meq mmhg mmol nct ndc nihss nyha pmid prn rvsp rxcui
rxnorm tsh vasc wbc mch mchc mcv occipital operative fascia retractor retractors tourniquet trocar sutures proband habitus phenotype genotype malnutrition tonsils oropharynx tympanic palpation auscultate hospitalist anesthesiology urology otolaryngology dermatology
ophthalmology psychiatry hematuria dysuria hemoptysis melena hematemesis pruritus erythema nodular tendon femur tibia fibula humerus ulna clavicle sternum vertebral vertebra sacral iliac mucosa mucosal epithelial nasopharyngeal
tylenol advil motrin aleve benadryl zyrtec claritin allegra flonase nexium prilosec protonix pepcid zantac zofran reglan phenergan lasix bumex aldactone coreg lopressor toprol norvasc cardizem diovan cozaar benicar zestril prinivil
lipitor crestor zocor pravachol zetia repatha plavix brilinta effient eliquis xarelto pradaxa coumadin lovenox glucophage januvia jardiance farxiga invokana ozempic wegovy mounjaro zepbound trulicity victoza saxenda lantus levemir
humalog novolog toujeo basaglar tresiba synthroid levoxyl armour singulair symbicort advair spiriva breo trelegy anoro dulera ventolin proair proventil xopenex pulmicort lexapro zoloft prozac paxil celexa effexor cymbalta wellbutrin
trazodone buspar abilify seroquel zyprexa risperdal geodon latuda lithium depakote lamictal keppra dilantin tegretol topamax neurontin lyrica gabapentin ativan xanax klonopin valium ambien lunesta elavil flexeril robaxin ultram
norco vicodin percocet oxycontin dilaudid suboxone narcan humira enbrel remicade stelara cosentyx dupixent xolair nucala tezspire skyrizi rinvoq xeljanz orencia actemra rituxan keytruda opdivo herceptin avastin gleevec imbruvica
revlimid velcade ibrance taxol neulasta procrit epogen augmentin amoxil zithromax keflex bactrim cipro levaquin rocephin zosyn flagyl cleocin valtrex tamiflu paxlovid remdesivir biktarvy truvada descovy epclusa harvoni shingrix zostavax
prevnar pneumovax gardasil fluzone moderna flomax proscar avodart viagra cialis myrbetriq fosamax prolia evista plaquenil medrol decadron solumedrol toradol celebrex mobic imitrex nurtec aimovig ubrelvy entresto phq procedure questionnaire snomed smear streptococcus staphylococcus nurse ankle newborn sigmoid cecum caecum ileocecal anterior posterior proximal distal lateral medial bitewings periapical neonate neonates infant infants aneurysmal conductive tinnitus sinus sinusitis tonsil larynx pharynx trachea bronchus bronchial diaphragm esophagus duodenum jejunum ileum appendix
appendicitis rectum anus bile gallbladder cholecystitis pancreas adrenal pituitary hypothalamus ureter urethra testis testicular scrotal uterus cervix ovary fallopian placenta umbilical fetus breech retina retinal cornea corneal cataract macular optic pupil pupils
vertebrae cartilage ligament meniscus rotator cuff plantar achilles hamstring deltoid biceps triceps quadriceps cranial cerebral cerebellar cortical meningeal synaptic stroke hemiparesis spasticity contracture ataxia dystonia
blister itching lesion ulceration necrosis necrotizing gangrene incontinence constipation bloating indigestion heartburn hiccups sputum phlegm sneezing hoarseness edematous intubate extubate ventilated ventilator oxygenation saturation hypoxemia hypercapnia acidosis alkalosis electrolyte electrolytes magnesium phosphate albuminuria ketones ketoacidosis insulinoma antihistamine decongestant expectorant laxative antacid antifungal antiviral antipsychotic stimulant sedative anesthetic
scalpel suture catheterization cannula debridement grafting resection excision incision dissection ligation lavage aspirate aspiration biopsied histology cytology immunostain mammogram sonogram angiogram venogram scintigraphy dexa holter troponin lactate ferritin transferrin ceruloplasmin
pharmacokinetics physiotherapy chiropractic dermatologist cardiologist neurologist oncologist nephrologist urologist pulmonologist gastroenterologist endocrinologist hematologist rheumatologist psychiatrist pediatrician obstetrician anesthesiologist radiologist pathologist`.split(
    /\s+/,
  );

const clinical: ReadonlySet<string> = new Set(words);

// Word endings of drugs (INN stems), conditions, procedures and findings.
const shape =
  /(?:itis|osis|emia|aemia|oma|opathy|ectomy|ostomy|otomy|plasty|scopy|gram|graphy|algia|uria|penia|philia|plegia|paresis|trophy|genic|mab|nib|pril|sartan|statin|olol|azole|cillin|mycin|micin|floxacin|cycline|dipine|gliptin|gliflozin|glutide|parin|xaban|gatran|prazole|tidine|setron|triptan|zepam|zolam|barbital|caine|profen|oxib|vir|vudine|formin|glitazone|thiazide|semide|terol|tropium|sone|solone|onide|dronate|platin|taxel|rubicin|trexate|lukast|afil|oxetine|pram|aline|apine|idone|triptyline|azine|phagia|pnea|emesis|esthesia|kinesia|malacia|megaly|rrhea|rrhagia|plasia|uresis|dipsia|ectasis|flurane|curonium|curium|navir|tegravir|lumab|ximab)s?$/;

/** Whether only medicine has this word; `word` in lower case. */
export function isClinical(word: string): boolean {
  return clinical.has(word) || (word.length > 6 && shape.test(word));
}
