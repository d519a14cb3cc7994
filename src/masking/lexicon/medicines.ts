// Brand names, substances, organisms and names of trials and tools that the endings of medical words do not give away.
// Written from general knowledge; lower case, without accents.

export const medicines: ReadonlySet<string> = new Set(
  `aace aafp aap aasld abbokinase abbott abelcet abraxane abreva abrysvo absorica acc accolate accord accupril accutane
aceon acinetobacter acip aciphex acog acthar acticlate actinomyces activase activella actonel actos acular acyclovir
aczone ada adalat adcetris adcirca adderall addyi adempas adipex adrenalin adrenaline advair advance adynovate aemcolo
afeditab affirm afinitor afirm afrezza afrin aggrastat aggrenox aha aimovig ajovy akynzeo alaris albenza aldara
aldomet alecensa aleve alimta alinia alkeran allegra allhat alli alomide aloxi alphagan alrex altace altoprev alunbrig
alvesco amaryl ambien ambisome amerge amevive amicar amitiza amplatzer ampyra amrix amvuttra anafranil anaprox ancef
androderm androgel angeliq angiomax ansaid antabuse antivert anusol anzemet apidra apixaban apokyn apretude aptiom
aptivus aquamephyton aranesp arava arcalyst arcapta aredia arexvy aricept arimidex aristada aristotle arixtra armour
arnuity aromasin arranon arthrotec arzerra asa asacol ascend asco ascor asmanex aspergillus aspree astelin astepro
atacand atelvia atgam ativan atlas atripla atrovent ats attract attruby aubagio augmentin austedo auvelity auvi
avalide avandia avapro avastin avelox averroes avinza avodart avonex avsola avycaz axert axid axiron azactam azasan
azasite azilect azmacort azopt azor azstarys azulfidine baclofen bacteroides bactroban balversa banzel baqsimi
baraclude bartonella basaglar bavencio baxdela baxter belbuca beleodaq belrapzo belsomra benadryl benicar benlysta
bentyl benzaclin beovu berinert besivance besponsa betapace betaseron bethkis betimol betoptic bevespi bevyxxa bexsero
beyaz beyfortus biaxin bicillin bidil bijuva biktarvy biltricide biofire biotronik bisacodyl blenrep blincyto
bloxiverz boniva bonjesta boostrix bordetella borrelia boston bosulif botox braftovi braun bravelle breo brevibloc
breyanzi breztri bridion brilinta brisdelle briumvi briviact brukinsa bumetanide bunavail buprenex buprenorphine
bupropion burkholderia burosumab buspar buspirone bydureon byetta bylvay bystolic byvalson cabenuva cablivi cabometyx
caduet cafergot calan calcijex caldolor calquence camcevi campath camptosar camzyos canasa cancidas cantos caplyta
capnocytophaga capoten caprelsa caprylidene carafate carbaglu carbatrol cardia cardizem cardura carvedilol carvykti
cascade casodex cataflam catapres caverject cdc ceclor cefotan ceftin celebrex celestone celexa cellcept celontin
cepheid cerdelga cerebyx cerezyme cerner cesamet chantix charm chlamydia chlorthalidone cholbam cialis cibinqo ciloxan
cimzia cinqair cinryze cinvanti cipro ciprodex citracal citrobacter clarinex claritin cleocin cleviprex clexane
climara clinoril clobex clolar clomid clonidine clozaril cms coapt coartem coccidioides cochrane codeine cogentin
colace colazal colchicine colcrys colestid cologuard combigan combivent combivir compass complera comtan concerta
copaxone copiktra cordarone coreg corgard corlanor cortef cortenema corynebacterium cosentyx cosopt cotellic cotempla
coumadin courage covera covid coxiella coxsackie cozaar credence cresemba crestor crinone crixivan cryptococcus
cryptosporidium crysvita cubicin cuprimine cutivate cuvitru cyclosporine cyklokapron cyltezo cymbalta cyramza
cystadane cystaran cytomegalovirus cytomel cytotec cytovene cytoxan dabigatran dacogen daklinza daliresp dalvance
danocrine dantrium dapa dapsone daraprim darvocet darvon darzalex daurismo daybue daypro dayvigo ddavp decadron
decipher declare delestrogen delphi delstrigo delsym deltasone demadex demerol demser denosumab depakene depakote
depen deplin depo depuy dermatop descovy desmopressin desoxyn desyrel detrol dexcom dexedrine dexilant dexmedetomidine
dextrose diabinese diacomit diamox diastat dificid diflucan dig digifab digoxin dilantin dilatrate dilaudid diovan
dipentum diphenhydramine diprivan diprolene ditropan diuril divigel dolophine donepezil doptelet doral doribax doryx
dostinex dovato dovonex doxazosin doxil drager drisdol droxia dsuvia duac duavee duetact duexis dulcolax dulera
duloxetine duoneb dupixent duragesic duramorph durezol durysta dyanavel dyazide dynacirc dynamed dyrenium dysport easl
ebglyss echinococcus ecotrin edarbi edarbyclor edecrin edluar edurant effexor effient efudex egaten egrifta eikenella
elaprase elavil eldepryl elelyso elestrin elidel eligard elimite eliquis elitek elixa elixophyllin ella ellence
eloctate eloxatin elrexfio elzonris embeda emend emflaza emgality emla empagliflozin empaveli emperor emphasis emsam
emtriva enablex enbrel endocet enfamil engage engerix enhertu enjaymo enoxaparin enstilar ensure entamoeba entecavir
entereg enterobacter enterococcus entocort entresto entyvio envarsus epaned epclusa epic epidiolex epidrin epinephrine
epipen epivir epkinly eplerenone epocrates epogen epzicom equetro eraxis erbitux erelzi erenumab ergotamine erivedge
erleada ertaczo erwinaze erygel erysipelothrix esbriet esc escape escitalopram esidrix eskalith esmo esperoct estrace
estraderm estring ethambutol etoposide eucrisa euflexxa eular eurax euroscore evenity evista evkeeza evolocumab evolut
evotaz evoxac evrysdi exelderm exelon exforge exjade exkivity extavia extina eylea ezallor ezetimibe fabrazyme
famotidine fanapt fareston farxiga farydak fasenra faslodex fda febuxostat feldene femara femhrt fenofibrate fentanyl
fentora feraheme ferrlecit ferrous fetroja fetzima fexmid fibricor filspari finacea finasteride fintepla fioricet
fiorinal firazyr firdapse firmagon firvanq flagyl flector fleet flexeril flomax flonase flovent fluad fluarix fludara
flumist fluorouracil fluzone focalin folinic folotyn foradil forfivo fortamet fortaz forteo fosamax fosrenol fotivda
fourier fragmin freestyle fresenius frova fulyzaq fungizone furadantin furosemide fusarium fusobacterium fuzeon
fycompa gabitril galafold gamunex ganirelix gardasil gardnerella gattex gavilyte gaviscon gazyva gelnique gemcitabine
gemtesa genotropin genvoya geodon giapreza giardia gilenya gilotrif gina givlaari gleevec glimepiride glipizide
glucagon glucophage glucotrol glucovance glumetza glyburide glynase glyset glyxambi gocovri gold golytely gonal
gralise granix guaifenesin guanfacine guardian gusto gvoke halaven halcion haldol haloperidol hamilton harvoni havrix
hecoria helicobacter hemabate hemangeol hemgenix hemlibra hepagam heparin heplisav hepsera herceptin herzuma hetlioz
hiprex hizentra hope horizant horizons humalog humatrope humira humulin hyalgan hycamtin hydralazine hydrea
hydrochlorothiazide hydrocodone hydromorphone hydroxychloroquine hydroxyurea hydroxyzine hygroton hylenex hympavzi
hyperrab hysingla hytrin hyzaar ibrance ibsrela iclusig idhifa idsa igalmi ilaris ilevro iluvien imbruvica imcivree
imdelltra imdur imfinzi imitrex imlygic imodium impavido impella imuran incivek increlex incruse inderal inflectra
ingrezza injectafer inlyta innohep innopran inqovi inrebic inspra insulin intelence intermezzo intrarosa intron
intuniv invanz invega invested invirase invokamet invokana ionsys iressa ischemia isentress ismo isoniazid isordil
istalol istodax isturisa itulatek ivermectin ixempra ixiaro ixifi izervay jakafi jalyn janumet januvia jardiance
jaypirca jemperli jentadueto jesduvroq jetrea jevtana jornay jublia juluca jupiter juxtapid jynarque jynneos kadcyla
kadian kaletra kalydeco kanuma kapvay karbinal kazano kcentra kdigo keflex kenalog kepivance keppra kerendia kerydin
kesimpta ketamine ketek ketorolac keveyis kevzara keynote keytruda khapzory kimmtrak kineret kisqali kisunla klonopin
klor koate kogenate kombiglyze korlym koselugo krazati krystexxa kuvan kwikpen kybella kymriah kynmobi kyprolis
labetalol lacrisert lactulose lamictal lamisil lamotrigine lampit lanoxin lantus lartruvo lasix lastacaft latisse
latuda leader leflunomide legacy lemtrada lenvima leptospira leqembi leqvio lescol letairis letrozole leucovorin
leukeran leukine levaquin levatol levemir levetiracetam levine levitra levocetirizine levodopa levonorgestrel levophed
levothyroxine levoxyl levsin lexapro lexicomp lexiscan lexiva libre librium libtayo lidoderm lifevest linezolid
linzess lioresal liothyronine lipitor lipofen liptruzet listeria litfulo lithium livalo livmarli livtencity loa lodine
lodoco loestrin lofena lokelma lomotil loniten lonsurf loperamide lopid lopressor loratadine lorbrena lortab lotemax
lotensin lotrel lotrimin lotronex lovaza lovenox loxitane lucemyra lucentis lumakras lumigan luminal lumoxiti lumryz
lunesta lupkynis lupron luvox luxturna luzu lybalvi lynkuet lynparza lyrica lysodren lysteda lyumjev maalox macrobid
macrodantin macugen madit magnevist mahurkar malarone malassezia mammaprint mansonella margenza marinol marplan
marqibo matulane mavenclad mavik mavyret maxair maxalt maxipime maxitrol maxzide mayzent mebaral meclizine meditech
medline medrol medtronic mefoxin megace mekinist mektovi melatonin mellaril meloxicam memantine menactra menopur
menostar menveo mephyton mepilex mepron mercaptopurine meridia merit merrem mesa mesalamine mestinon metadate
metamucil metavir methadone methergine methimazole methocarbamol methotrexate methyldopa methylin methylphenidate
metozolv metrogel mevacor miacalcin micardis micra micromedex micronase microzide midazolam midodrine midol mimosa
minipress minivelle minocin minolira minoxidil miochol miralax mirapex mircera mirena mirtazapine mirvaso misoprostol
mitigare mitraclip moban mobic moderna monaleesa monoferric monopril montelukast moraxella morganella morphine
motegrity motofen motrin mounjaro movantik movprep moxeza mozobil mucinex mucomyst mucor muir multaq muse mvasi
myalept myambutol mycamine mycelex mycobacterium mycobutin mycophenolate mycoplasma mydayis myfembree myfortic mylanta
myleran mylotarg myobloc myozyme myrbetriq mysoline mytesi nabi naglazyme nalfon naloxone naltrexone namenda namzaric
naprosyn narcan nardil naropin nasacort nascobal nasonex natazia natpara natrecor nayzilam nccn nebcin nebupent
nembutal nemesis neoral nerlynx nesina neulasta neumega neupogen neupro neurontin nevanac nexavar nexgen nexium
nexletol nexlizet nexplanon niacin niaspan nice nicorette nicotine nicotrol nilandron nimbex ninlaro nipride nitrobid
nitrofurantoin nitroglycerin nitrostat nityr nizoral nocardia nolvadex norco norditropin norepinephrine norflex
normodyne norovirus norpace norpramin northera norvasc norvir nourianz novolin novolog novoseven noxafil nplate nubain
nubeqa nucala nucynta nuedexta nulibry nulojix nulytely nuplazid nurtec nutropin nuvaring nuvessa nuvigil nuwiq
nymalize nystop obizur obredon ocaliva ocella ocrevus octreotide odefsey odomzo ofev ogivri ogsiveo ohtuvayre ojjaara
olanzapine olinvyk olumiant olux omnaris omnicef omnipaque omnipod omnitrope omvoh oncaspar onchocerca oncotype
onetouch onfi onglyza onivyde onpattro onureg onzetra opana opdivo opdualag opsumit optiflow optimize opvee opzelura
oracea orapred orbita orencia orenitram orgovyx oriahnn orilissa orkambi orladeyo orphengesic orserdu orthovisc oseni
osmolite osphena otezla otrexup otsuka ovidrel oxaydo oxbryta oxervate oxistat oxlumo oxtellar oxybutynin oxycodone
oxycontin oxytocin oxytrol ozempic ozobax ozurdex paclitaxel padcev palforzia palynziq pamelor panhematin panretin
paracetamol paradigm parafon parlodel parnate parsabiv passy pasteurella pataday patanol paxil paxlovid pedialyte
pediarix pegasys pegintron pemazyre pembrolizumab penbraya pentacel pentasa pepaxto pepcid percocet percodan
perforomist perikabiven perjeta persantine perseris pertzye pexeva pfizerbionter phenergan phenobarbital phenylephrine
phenytoin phesgo phexxi phoslo picato pifeltro pioglitazone pioneer piqray pitocin pitressin plan plaquenil plasmodium
plato plavix plegridy plenvu pletal pneumocystis pneumovax polivy pomalyst ponstel porphyromonas portex portrazza
potassium poteligo pradaxa praluent prandin pravachol prazosin precedex precise precose pred prefest pregabalin
premarin prempro prepopik prestalia prevacid prevalite prevena prevnar prevotella prevpac prevymis prexxartan
prezcobix prezista priftin prilosec primacor primaquine primaxin primidone prinivil prinzide prisma pristiq privigen
proactive proair probenecid procardia procrit prograf prolastin proleukin prolia prolixin promacta prometrium promise
propecia propionibacterium propofol propranolol propulsid propylthiouracil proscar prosom protonix protopic provenge
proventil provera providencia provigil prozac pubmed pulmicort pulmozyme puregon puritan purixan pylera pyrazinamide
pyridostigmine qbrelis qelbree qinlock qnasl qsymia qtern quadracel qualaquin qudexy quetiapine quillivant quinidex
quinine qulipta quviviq quzyttir qvar radicava rales rally raloxifene ralstonia ranexa ranolazine rapaflo rapamune
rapivab rasuvo ravicti rayaldee rayos razadyne rebif rebinyn reblozyl rebyota recarbrio reclast recombivax recothrom
reglan regranex rekambys relafen relax relenza relistor relpax relyvrio remeron remicade remodulin renagel renflexis
renvela reopro repatha requip rescriptor restasis restoril retacrit retevmo retin retisert retrovir revatio revcovi
revia revlimid revuforj rexulti reyataz reyvow rezdiffra rezurock rezzayo rhinocort rhofade rhogam rhopressa ridaura
rifampicin rifampin rifaximin rilutek rinvoq riociguat risperdal ritalin rituxan rituxanhycela rivaroxaban robaxin
robinul robitussin rocaltrol rocephin rocket rocklatan roctavian roferon rogaine romazicon ropinirole roszet rotarix
rotateq rotavirus rowasa roweepra roxicet roxicodone roxybond rozerem rozlytrek rubraca ruconest ruxience ryaltris
rybelsus rybrevant rydapt rykindo rylaze rystiggo rytary rythmol ryzneuta sabril sacubitril safyral saizen salagen
samsca sanctura sancuso sandimmune sandostatin santyl saphnelo saphris sapien sarafem sarclisa savaysa savella saxenda
scemblix scenesse seasonale seasonique sectral seebri segluromet selegiline selzentry semglee senna sensipar septra
serax serevent seromycin seroquel serostim serzone seysara shiley shingrix signifor sildenafil silenor siliq simbrinza
similac simponi simulect sinemet sinequan singulair sirturo sivextro skelaxin skyla skyrizi slynd soaanz sogroya
solaraze solesta soliqua soliris solodyn soltamox solu soma somatuline somavert sonata soolantra soriatane sorilux
sotylize sovaldi spevigo spikevax spinraza spiriva spironolactone sporanox sporothrix spravato sprint sprix sprycel
stadol stalevo starlix staxyn steglatro steglujan stelara stelazine stendra stenotrophomonas step stimate stiolto
stivarga strattera strensiq striant stribild striverdi stromectol strongyloides stryker subcutane sublocade suboxone
subutex sucraid sucralfate sudafed sular sulfamethoxazole sulfamylon sulfasalazine sunlenca sunosi supartz supprelin
suprax suprep surmontil surpass sustain sustiva sustol susvimo sutent syfovre symbicort symbyax symdeko symfi symjepi
symlin sympazan symplicity symproic symtuza synagis synarel syndros synercid synergy synjardy synribo synthes
synthroid synvisc tabloid tabrecta tacrolimus taenia tafinlar tagamet tagrisso tailorx takhzyro talicia taltz talvey
talwin talzenna tambocor tamiflu tamoxifen tamsulosin tapazole tarceva targretin tarka tarpeyo tasigna tasmar
tavalisse tavneos taxotere tazverik tdap tecartus tecentriq tecfidera technivie tecvayli teflaro tegaderm tegretol
tegsedi tekturna telzir temodar temovate tenex tenoretic tenormin tepadina tepezza tepmetko terbinafine teslascan
tessalon testim testopel testosterone teveten texacort thalitone thalomid thiamine thiola thorazine thymoglobulin
thyrogen tiazac tibsovo ticlid tigan tikosyn timentin timi timoptic tiotropium tivdak tivicay tizanidine tobi tobradex
tocilizumab tofacitinib tofranil tolak tolectin tolsura tolvaptan topamax topcat topicort topiramate toprol toradol
torisel toujeo toviaz toxoplasma track tracleer tradjenta tramadol trandate tranexamic tranxene travatan trazodone
treanda trecator trelegy trelstar tremfya trental tresiba tretinoin trexall trezix triamcinolone tribenzor trichomonas
trichophyton tricor trientine triesence triglide trijardy trikafta trileptal trilipix trilogy trimethoprim trintellix
trisenox triton triumeq trizivir trodelvy trokendi trophamine truelove trulance trulicity trumenba truqap truseltiq
truvada truxima trypanosoma tudorza tukysa tums turalio tussionex twinject twinrix twirla twynsta tybost tygacil
tykerb tylenol tymlos typhim tysabri tyvaso tyzavan tzield ubrelvy uceris udenyca uloric ultane ultomiris ultracet
ultram ultravate ultresa unasyn uniretic unithroid univasc uplizna uptodate uptravi ureaplasma urecholine urispas
urocit uroxatral urso uspstf uvadex vabomere vabysmo vafseo vagifem valcyte valiant valium valproate valproic valstar
valtoco valtrex valturna vancocin vancomycin vandazole vaniqa vanos vantin vaprisol vaqta varicella varivax varubi
vascepa vaseretic vasotec vaxelis vaxneuvance vectibix vectical vedolizumab velcade velphoro veltassa vemlidy
venclexta venlafaxine venofer ventavis ventolin veopoz veozah verapamil verelan verquvo versed vertis verzenio
vesanoid vesicare vfend viagra vibativ viberzi vibramycin vicodin vicoprofen victoza victrelis videx viekira viewpoint
vigamox viibryd viltepso vimizim vimovo vimpat vinblastine vincristine viokace viracept viramune virazole viread
visine vistaril vistide visudyne vitrakvi vituz vivactil vivelle vivitrol vivjoa vizimpro volibris voltaren vonjo
voquezna vosevi votrient vowst voxzogo vraylar vtama vumerity vusion vyepti vyjuvek vyleesi vyndamax vyndaqel vyondys
vytorin vyvanse vyvgart vyxeos wakix watchman wegovy welchol welireg wellbutrin who winlevi winrevair xacduro xadago
xalatan xalkori xanax xarelto xcopri xeglyze xelianz xeljanz xeloda xelpros xenazine xenical xenleta xeomin xepi
xerava xermelo xgeva xhance xiaflex xience xifaxan xigduo xiidra ximino xofigo xofluza xolair xolremdi xopenex xospata
xpovio xtampza xtandi xulane xultophy xyosted xyrem xywav xyzal yasmin yaz yervoy yescarta yonsa yorvipath yosprala
yupelri yusimry yutiq zaltrap zanaflex zantac zarontin zaroxolyn zarxio zavesca zavzpret zebeta zecuity zegalogue
zegerid zejula zelapar zelboraf zelnorm zembrace zemdri zemplar zenapax zenpep zepatier zepbound zeposia zepzelca
zerbaxa zerit zestoretic zestril zetia zetonna zevalin zevtera ziac ziagen ziana ziextenzo zilretta zimhi zimmer
zinbryta zinplava zio ziprasidone zipsor zirabev zirgan zithromax zocor zofran zohydro zoladex zolgensma zolinza
zoloft zolpidem zolpimist zomacton zomig zonalon zonegran zonisamide zontivity zorbtive zortress zorvolex zostavax
zoster zosyn zovirax ztalmy zubsolv zulresso zuplenz zurampic zurnai zurzuvae zyban zydelig zyflo zykadia zyloprim
zymaxid zyprexa zyrtec zytiga zyvox`.split(/\s+/),
);
